// Reads the rows of a day in the order in which they are sealed, and says which of them cannot be.
//
// Memory: the keys of a run's events and what they name, and the events of one part. Belongs to the transaction's
// thread; throws what the transaction throws.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
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

struct RowKey {
  std::string account_id;
  schema::EventClass event_class = schema::EventClass::kManagement;
  std::int64_t principal = 0, time_us = 0;
  schema::Uuid event_id{}, content_fp{};
  auto operator<=>(const RowKey&) const = default;
};

// Why an account's events cannot be sealed; a kind of error that the sealer answers by leaving the account out.
struct Refusal {
  std::string account_id, why;
};

class RowReader {
 public:
  // Reads the keys of all events of these accounts on the day, and what they name.
  RowReader(SealStatements& statements, std::int32_t day, const std::vector<std::string>& accounts);

  // The events of the next part, of one account and class; none at the end. Throws Refusal.
  std::vector<schema::SealedEvent> next_part();
  // Of the part that next_part() gave.
  const std::string& account_id() const { return account_id_; }
  std::uint64_t events() const { return keys_.size(); }
  std::uint64_t mentions() const { return mentions_; }

 private:
  struct EventKey {
    std::string account_id;
    schema::Uuid event_id, content_fp;
    bool operator==(const EventKey&) const = default;
  };
  struct EventKeyHash {
    std::size_t operator()(const EventKey& key) const {
      return std::hash<schema::Uuid>{}(key.event_id) ^ (std::hash<schema::Uuid>{}(key.content_fp) << 1);
    }
  };
  void read_more(std::size_t end, std::vector<schema::SealedEvent>& events);

  SealStatements& statements_;
  std::int32_t day_;
  std::vector<RowKey> keys_;
  std::size_t next_ = 0;
  std::string account_id_;
  std::uint64_t mentions_ = 0;
  std::unordered_map<EventKey, std::vector<std::int64_t>, EventKeyHash> named_;
};

// Do two entities of the part have one hash? Then its lists would mix them. Throws Refusal.
void refuse_collisions(const std::string& account_id, const std::vector<schema::SealedEvent>& events,
                       const schema::HashKey& key);

}  // namespace backtrail::ingest::seal
