#include "ingest/quarantine/replay.hpp"

#include <backtrail_ingest_sql.hpp>
#include <boost/describe.hpp>
#include <future>

#include "ingest/source/file_import.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::ingest {
namespace {

using schema::AccountScope;
using schema::Result;
using schema::Transaction;

// So many are on their way at once, and so many bytes of them.
constexpr std::size_t kAtOnceMax = 64;
constexpr std::size_t kBytesAtOnceMax = 16U * 1024 * 1024;

struct OpenRecord {
  std::string door, key_id, origin, scope;
  int tries;
  schema::Bytes raw;
};
BOOST_DESCRIBE_STRUCT(OpenRecord, (), (door, key_id, origin, scope, tries, raw))

// What AccountScope::setting() wrote. Anything else may write nothing.
AccountScope scope_of(const std::string& setting) {
  if (setting == "*") return AccountScope::all();
  std::vector<std::string> accounts;
  for (std::size_t at = 0; at < setting.size();) {
    const std::size_t end = std::min(setting.find(',', at), setting.size());
    accounts.push_back(setting.substr(at, end - at));
    at = end + 1;
  }
  const auto scope = AccountScope::of(std::move(accounts));
  return scope ? *scope : AccountScope::none();
}

struct Replayed {
  QuarantineKey key;
  int tries;
  std::future<Receipt> receipt;
};

class Replay {
 public:
  Replay(Pipeline& pipeline, schema::Database& database) : pipeline_(pipeline), database_(database) {}

  Result<ReplayReport> run(const std::vector<QuarantineKey>& records, std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (std::size_t at = 0; at < records.size(); ++at) {
      if (std::chrono::steady_clock::now() >= until) {
        report_.not_tried = records.size() - at;
        break;
      }
      if (const auto begun = begin(records[at]); !begun) {
        settle();
        return begun.error();
      }
      if (open_.size() >= kAtOnceMax || bytes_ >= kBytesAtOnceMax) settle();
    }
    settle();
    return std::move(report_);
  }

 private:
  Result<void> begin(const QuarantineKey& key) {
    auto found = find(key);
    if (!found) return found.error();
    if (found->empty()) {
      ++report_.not_open;
      return {};
    }
    OpenRecord& record = found->front();
    Delivery delivery;
    delivery.id.bytes = schema::random_hash_key().bytes;
    delivery.door = "replay";
    delivery.key_id = record.key_id;
    delivery.origin = record.origin;
    delivery.scope = scope_of(record.scope);
    delivery.received_us = pipeline_.now_us();
    delivery.body = std::move(record.raw.bytes);
    delivery.replay_of = key;
    if (record.door == "import") delivery.decoded_bytes_max = kImportDecodedBytesMax;
    bytes_ += delivery.body.size();
    auto promise = std::make_shared<std::promise<Receipt>>();
    open_.push_back({key, record.tries, promise->get_future()});
    pipeline_.submit_when_room(std::move(delivery), [promise](const Receipt& receipt) { promise->set_value(receipt); });
    return {};
  }

  void settle() {
    for (Replayed& one : open_) {
      const Receipt receipt = one.receipt.get();
      if (receipt.error) {
        ++report_.failed;
        continue;
      }
      report_.receipt.add(receipt);
      const auto resolved = database_.write(AccountScope::all(), [&](Transaction& tx) -> Result<bool> {
        return !tx.exec(sql::quarantine_resolve, one.key.account_id, to_string(one.key.id), one.tries,
                        schema::format_rfc3339(pipeline_.now_us()))
                    .empty();
      });
      if (!resolved)
        ++report_.failed;
      else if (*resolved)
        ++report_.resolved;
      else
        count_unresolved(one.key);
    }
    open_.clear();
    bytes_ = 0;
  }

  // Refused again, or somebody else resolved it meanwhile.
  void count_unresolved(const QuarantineKey& key) {
    const auto open = find(key);
    if (!open)
      ++report_.failed;
    else if (open->empty())
      ++report_.not_open;
    else
      ++report_.still_quarantined;
  }

  Result<std::vector<OpenRecord>> find(const QuarantineKey& key) {
    return database_.read(AccountScope::all(), [&](Transaction& tx) -> Result<std::vector<OpenRecord>> {
      return schema::rows_as<OpenRecord>(tx.exec(sql::quarantine_open, key.account_id, to_string(key.id)));
    });
  }

  Pipeline& pipeline_;
  schema::Database& database_;
  ReplayReport report_;
  std::vector<Replayed> open_;
  std::size_t bytes_ = 0;
};

}  // namespace

Result<ReplayReport> replay(Pipeline& pipeline, schema::Database& ingest, const std::vector<QuarantineKey>& records,
                            std::chrono::milliseconds patience) {
  return Replay(pipeline, ingest).run(records, patience);
}

}  // namespace backtrail::ingest
