// Reads the rows of a day in the order in which they are sealed, and says which of them cannot be.
//
// The rows come through a cursor, sorted by the server, each as one value in binary form. Memory: the events of one
// part. Belongs to the transaction's thread; throws what the transaction throws.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/block_format/sealed_event.hpp"
#include "schema/core/hash.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::ingest::seal {

// Runs the statements of a sealing transaction.
class SealStatements {
 public:
  SealStatements(schema::Transaction& tx, const std::function<void(std::string_view)>& before)
      : tx_(tx), before_(before) {}

  template <class... Params>
  pqxx::result exec(const schema::Query& query, const Params&... params) {
    if (before_) before_(query.name);
    return tx_.exec(query, params...);
  }
  pqxx::result exec_text(const char* sql) {
    if (before_) before_(sql);
    return tx_.exec_text(sql);
  }
  schema::Transaction& transaction() { return tx_; }

 private:
  schema::Transaction& tx_;
  const std::function<void(std::string_view)>& before_;
};

// Why an account's events cannot be sealed; a kind of error that the sealer answers by leaving the account out.
struct Refusal {
  std::string account_id, why;
};

class RowReader {
 public:
  // The events of these accounts on the day. One reader a transaction at a time.
  RowReader(SealStatements& statements, std::int32_t day, const std::vector<std::string>& accounts);

  // The events of the next part, of one account and class; none at the end. Throws Refusal.
  std::vector<schema::SealedEvent> next_part();
  // Of the part that next_part() gave.
  const std::string& account_id() const { return account_id_; }
  // What the events of these accounts name, as rows.
  std::uint64_t mentions() const { return mentions_; }

 private:
  struct Row {
    std::string account_id;
    schema::SealedEvent event;
  };
  void read_next();

  SealStatements& statements_;
  std::string account_id_;
  std::uint64_t mentions_ = 0;
  pqxx::result fetched_;
  pqxx::result::size_type next_ = 0;
  bool at_end_ = false;
  std::string bytes_;
  std::optional<Row> row_;  // the next one; nothing at the end
};

// Do two entities of the part have one hash? Then its lists would mix them. Throws Refusal.
void refuse_collisions(const std::string& account_id, const std::vector<schema::SealedEvent>& events,
                       const schema::HashKey& key);

}  // namespace backtrail::ingest::seal
