#include "ingest/seal/sealer.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <boost/describe.hpp>
#include <fmt/format.h>
#include <map>
#include <set>

#include "ingest/load/binary_array.hpp"
#include "ingest/seal/part_writer.hpp"
#include "ingest/seal/row_reader.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::ingest::seal {

struct LoadRow {
  schema::TimeUs day;
  std::int64_t n;
  schema::TimeUs last_received_at;
  bool has_parts;
};
BOOST_DESCRIBE_STRUCT(LoadRow, (), (day, n, last_received_at, has_parts))

struct EstimateRow {
  schema::TimeUs day;
  std::int64_t n;
};
BOOST_DESCRIBE_STRUCT(EstimateRow, (), (day, n))

namespace {

using schema::Code;
using schema::Result;
using schema::Transaction;

const std::string& copy_fp() {
  static const std::string text = to_string(schema::kOcsfFingerprint);
  return text;
}

struct RunOutcome {
  std::uint64_t events = 0, parts = 0;
  bool mine = true;   // false: another sealer has the day
  bool done = false;  // nothing was left to seal
};

// One transaction: whole accounts, until there are enough events.
class SealRun {
 public:
  SealRun(Transaction& tx, const schema::HashKey& key, std::int32_t day, const SealOptions& options,
          const std::vector<std::string>& left_out)
      : statements_(tx, options.before_statement), key_(key), day_(day), options_(options), left_out_(left_out) {}

  Result<RunOutcome> run() {
    RunOutcome outcome;
    // Before anything is read: the snapshot begins with the first statement that reads.
    statements_.exec_text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    statements_.exec_text("SET LOCAL statement_timeout = 0");
    if (!statements_.exec(sql::seal_lock_run, day_)[0][0].as<bool>()) {
      outcome.mine = false;
      return outcome;
    }
    const auto accounts = choose_accounts();
    outcome.done = accounts.empty();
    if (outcome.done) return outcome;
    RowReader rows(statements_, day_, accounts);
    if (const auto ok = write_parts(rows, accounts, outcome); !ok) return ok.error();
    if (const auto ok = remove_rows(rows.mentions(), outcome.events, accounts); !ok) return ok.error();
    return outcome;
  }

 private:
  std::vector<std::string> choose_accounts() {
    std::vector<std::string> chosen;
    for (const auto& row :
         statements_.exec(sql::seal_accounts, day_text_, copy_fp(), schema::array_literal(left_out_))) {
      if (events_ >= options_.run_events) break;
      chosen.emplace_back(row[0].c_str());
      events_ += row[1].as<std::uint64_t>();
    }
    return chosen;
  }

  Result<void> write_parts(RowReader& rows, const std::vector<std::string>& accounts, RunOutcome& outcome) {
    std::map<std::string, int> next_no;
    for (const auto& row : statements_.exec(sql::seal_next_parts, day_text_, schema::array_literal(accounts)))
      next_no[row[0].c_str()] = row[1].as<int>();
    std::vector<schema::DirectoryEntry> directory;
    for (auto events = rows.next_part(); !events.empty(); events = rows.next_part()) {
      refuse_collisions(rows.account_id(), events, key_);
      const auto part = schema::encode_part(events, day_);
      if (const auto back = schema::decode_part(part, day_); !back || *back != events)
        return schema::fail(Code::kBadRecord, "a part does not decode to what was encoded");
      const auto head = head_of({day_, rows.account_id(), next_no[rows.account_id()]++}, part);
      PartWriter writer(statements_, options_.now_us);
      writer.add(head, part);
      writer.flush();
      if (auto ok = check_part(statements_, head, part); !ok) return ok;
      const std::uint64_t account = schema::account_number(rows.account_id());
      for (const std::int64_t hash : entities_of(events)) directory.push_back({hash, account});
      note_variants(rows.account_id(), events);
      outcome.events += events.size();
      ++outcome.parts;
    }
    if (auto run = write_directory(statements_, day_, directory); !run) return run.error();
    alert_variants();
    if (outcome.events != events_) return schema::fail(Code::kDatabase, "the rows of a day were not all sealed");
    return {};
  }

  // Writers that raced may each have seen only their own content of an event id; this is the last look at all of them.
  void note_variants(const std::string& account_id, const std::vector<schema::SealedEvent>& events) {
    std::vector<schema::Uuid> ids;
    ids.reserve(events.size());
    for (const auto& event : events) ids.push_back(event.event_id);
    std::sort(ids.begin(), ids.end());
    for (auto at = std::adjacent_find(ids.begin(), ids.end()); at != ids.end();
         at = std::adjacent_find(std::upper_bound(at, ids.end(), *at), ids.end()))
      variants_.emplace(account_id, *at);
  }
  void alert_variants() {
    if (variants_.empty()) return;
    BinaryArray account(PgType::kText), kind(PgType::kText), subject(PgType::kText), detail(PgType::kText);
    for (const auto& [account_id, id] : variants_) {
      account.add_text(account_id);
      kind.add_text("event_variant");
      subject.add_text(day_text_ + "/" + to_string(id));
      detail.add_text("the same event id arrived with different content");
    }
    statements_.exec(sql::alert_insert, account.value(), kind.value(), subject.value(), detail.value(),
                     schema::format_rfc3339(options_.now_us));
  }

  Result<void> remove_rows(std::uint64_t mentions, std::uint64_t events, const std::vector<std::string>& accounts) {
    statements_.exec_text(lock_timeout_.c_str());
    statements_.exec(sql::event_lock_day_alone, day_);
    const std::string ids = schema::array_literal(accounts);
    const auto count = [&](const schema::Query& query) {
      return statements_.exec(query, day_text_, ids, copy_fp())[0][0].as<std::uint64_t>();
    };
    if (count(sql::seal_delete_mentions) != mentions || count(sql::seal_delete_events) != events)
      return schema::fail(Code::kRetry, "the rows of a day changed while they were being sealed");
    return {};
  }

  SealStatements statements_;
  const schema::HashKey& key_;
  std::int32_t day_;
  const SealOptions& options_;
  const std::vector<std::string>& left_out_;
  const std::string day_text_ = schema::format_day(day_);
  const std::string lock_timeout_ = fmt::format("SET LOCAL lock_timeout = '{}ms'", kSealLockWaitMs);
  std::uint64_t events_ = 0;  // of the chosen accounts
  std::set<std::pair<std::string, schema::Uuid>> variants_;
};

// A run that somebody else's change undid is tried again; an account that cannot be sealed is left out.
Result<RunOutcome> seal_once(schema::Database& maintenance, const schema::HashKey& key, std::int32_t day,
                             const SealOptions& options, SealReport& report) {
  for (int attempt = 1;; ++attempt) {
    std::vector<std::string> left_out;
    for (const auto& [account, why] : report.refused) left_out.push_back(account);
    std::optional<Refusal> refusal;
    auto outcome = maintenance.write(schema::AccountScope::all(), [&](Transaction& tx) -> Result<RunOutcome> {
      try {
        return SealRun(tx, key, day, options, left_out).run();
      } catch (const Refusal& refused) {
        refusal = refused;
        return schema::fail(Code::kBadRecord, refused.why);
      }
    });
    if (outcome) return outcome;
    if (refusal) {
      report.refused[refusal->account_id] = refusal->why;
      attempt = 0;
    } else if (outcome.error().code != Code::kRetry || attempt >= kSealTries) {
      return outcome.error();
    }
  }
}

}  // namespace

Result<std::vector<std::int32_t>> days_to_seal(schema::Database& maintenance, std::int64_t now_us) {
  return maintenance.write(schema::AccountScope::all(), [&](Transaction& tx) -> Result<std::vector<std::int32_t>> {
    const std::string young = schema::format_day(first_young_day(now_us));
    std::vector<DayLoad> old_days, young_days;
    for (const auto& row : schema::rows_as<LoadRow>(tx.exec(sql::seal_day_loads, young, copy_fp())))
      old_days.push_back(
          {schema::day_of(row.day.us), static_cast<std::uint64_t>(row.n), row.last_received_at.us, row.has_parts});
    for (const auto& row : schema::rows_as<EstimateRow>(tx.exec(sql::seal_day_estimates, young)))
      young_days.push_back({schema::day_of(row.day.us), static_cast<std::uint64_t>(row.n), 0, false});
    return plan_seals(old_days, young_days, now_us);
  });
}

Result<SealReport> seal_day(schema::Database& maintenance, const schema::HashKey& key, std::int32_t day,
                            const SealOptions& options) {
  SealReport report;
  for (;;) {
    const auto outcome = seal_once(maintenance, key, day, options, report);
    if (!outcome) return outcome.error();
    if (!outcome->mine) {
      report.another_seals = true;
      return report;
    }
    if (outcome->done) return report;
    report.events += outcome->events;
    report.parts += outcome->parts;
    ++report.runs;
    if (options.progress) options.progress(report.events);
    if (options.stop && options.stop()) return report;
  }
}

Result<bool> shrink_day(schema::Database& maintenance, std::int32_t day) {
  auto done = maintenance.write(schema::AccountScope::none(), [&](Transaction& tx) -> Result<bool> {
    tx.exec_text("SET LOCAL lock_timeout = '200ms'");
    tx.exec(sql::seal_shrink, schema::format_day(day), schema::format_day(day + 1));
    return true;
  });
  if (!done && (done.error().code == Code::kTimeout || done.error().code == Code::kRetry)) return false;
  return done;
}

}  // namespace backtrail::ingest::seal
