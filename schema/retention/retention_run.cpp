#include "schema/retention/retention_run.hpp"

#include <algorithm>
#include <backtrail_schema_sql.hpp>
#include <chrono>
#include <fmt/format.h>
#include <thread>

#include "schema/core/time.hpp"
#include "schema/pg/row_as.hpp"
#include "schema/retention/clock_guard.hpp"
#include "schema/retention/partitions.hpp"

namespace backtrail::schema {

BOOST_DESCRIBE_STRUCT(Removal, (), (removed_at, what, from_day, to_day, row_count, counted))

namespace {

// A canary is of no interest once it was answered.
constexpr std::int64_t kCanaryLifeUs = 3600 * kMicrosPerSecond;
// Between two tries to drop a partition writers come through.
constexpr std::chrono::milliseconds kDropPause{100};

struct ClockRow {
  TimeUs trusted_day;
  std::optional<TimeUs> suspected_at;
  TimeUs database_at;
  bool witnessed;
};
BOOST_DESCRIBE_STRUCT(ClockRow, (), (trusted_day, suspected_at, database_at, witnessed))

struct PartitionFacts {
  std::int64_t rows = 0;
  bool empty = true;
};
BOOST_DESCRIBE_STRUCT(PartitionFacts, (), (rows, empty))

class RetentionRun {
 public:
  RetentionRun(Database& database, const RetentionOptions& options)
      : database_(database), options_(options), partitions_(database) {}

  Result<RetentionReport> run() {
    for (const auto step : {&RetentionRun::look_at_clock, &RetentionRun::expire_events, &RetentionRun::expire_by_time,
                            &RetentionRun::prepare_partitions})
      if (auto done = (this->*step)(); !done) return done.error();
    return std::move(report_);
  }

 private:
  Result<void> look_at_clock();
  Result<void> expire_events();
  Result<void> expire_by_time();
  Result<void> prepare_partitions();
  // The only place where a whole day goes.
  Result<void> drop_day(const DayRange& range);
  Result<PartitionFacts> look_at(const DayRange& range);
  bool may_be_filled(const DayRange& range) const;
  Result<bool> try_to_drop(const DayRange& range, std::int64_t rows);
  Result<void> delete_class(const EventExpiry& expiry);
  Result<void> delete_before(const char* kind, const Query& query, std::size_t& count);
  void note(Transaction& tx, const std::string& what, std::optional<std::int32_t> from_day, std::int32_t to_day,
            std::int64_t rows, bool counted) const;

  Database& database_;
  const RetentionOptions& options_;
  Partitions partitions_;
  RetentionRules rules_;
  std::int64_t expire_us_ = 0;
  RetentionReport report_;
};

Result<void> RetentionRun::look_at_clock() {
  const auto row = database_.read(AccountScope::all(), [&](Transaction& tx) -> Result<ClockRow> {
    return row_as<ClockRow>(tx.exec(sql::retention_clock, format_rfc3339(options_.now_us - kClockWitnessUs),
                                    format_rfc3339(options_.now_us))[0]);
  });
  if (!row) return row.error();
  ClockEvidence evidence;
  evidence.trusted_day = day_of(row->trusted_day.us);
  if (row->suspected_at) evidence.suspected_us = row->suspected_at->us;
  evidence.database_us = row->database_at.us;
  evidence.witnessed = row->witnessed;
  evidence.said_by_person = options_.clock_confirmed;
  const ClockVerdict verdict = judge_clock(options_.now_us, evidence);
  expire_us_ = verdict.expire_us;
  report_.clock_doubt = verdict.doubt;
  if (verdict.trusted_day == evidence.trusted_day && verdict.suspected_us == evidence.suspected_us) return {};
  const auto suspected = verdict.suspected_us ? std::optional(format_rfc3339(*verdict.suspected_us)) : std::nullopt;
  const auto set = database_.write(AccountScope::none(), [&](Transaction& tx) -> Result<int> {
    tx.exec(sql::retention_clock_set, format_day(verdict.trusted_day), suspected);
    return 0;
  });
  if (!set) return set.error();
  return {};
}

void RetentionRun::note(Transaction& tx, const std::string& what, std::optional<std::int32_t> from_day,
                        std::int32_t to_day, std::int64_t rows, bool counted) const {
  Uuid id;
  id.bytes = random_hash_key().bytes;
  tx.exec(sql::removal_insert, to_string(id), format_rfc3339(options_.now_us), what,
          from_day ? std::optional(format_day(*from_day)) : std::nullopt, format_day(to_day), rows, counted);
}

Result<bool> RetentionRun::try_to_drop(const DayRange& range, std::int64_t rows) {
  const auto dropped = database_.write(AccountScope::none(), [&](Transaction& tx) -> Result<int> {
    tx.exec_text(fmt::format("SET LOCAL lock_timeout = '{}ms'", kDropLockWaitMs));
    tx.exec(sql::partition_drop, format_day(range.from), format_day(range.to));
    note(tx, "event", range.from, range.to, rows, false);
    return 0;
  });
  if (dropped) return true;
  if (dropped.error().code == Code::kTimeout || dropped.error().code == Code::kRetry) return false;
  return dropped.error();
}

Result<PartitionFacts> RetentionRun::look_at(const DayRange& range) {
  return database_.read(AccountScope::all(), [&](Transaction& tx) -> Result<PartitionFacts> {
    const auto found = tx.exec(sql::partition_rows, format_day(range.from), format_day(range.to));
    return found.empty() ? PartitionFacts{} : row_as<PartitionFacts>(found[0]);
  });
}

// A writer makes a partition and then fills it. When it comes with late events, the one must not be taken away before
// the other: an empty partition goes a while later.
bool RetentionRun::may_be_filled(const DayRange& range) const {
  return plan_event_retention(rules_, {range}, day_of(expire_us_) - kEmptyKeptDays).drop.empty();
}

Result<void> RetentionRun::drop_day(const DayRange& range) {
  const auto facts = look_at(range);
  if (!facts) return facts.error();
  if (facts->empty && may_be_filled(range)) return {};
  for (int attempt = 0; attempt < kDropTries; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(kDropPause);
    const auto dropped = try_to_drop(range, facts->rows);
    if (!dropped) return dropped.error();
    if (*dropped) {
      ++report_.partitions_dropped;
      return {};
    }
  }
  ++report_.partitions_busy;
  return {};
}

Result<void> RetentionRun::delete_class(const EventExpiry& expiry) {
  const auto deleted = database_.write(AccountScope::all(), [&](Transaction& tx) -> Result<std::int64_t> {
    const auto rows = tx.exec(sql::retention_delete_events, format_day(expiry.partition.from),
                              format_day(expiry.before_day), static_cast<int>(expiry.event_class))[0][0]
                          .as<std::int64_t>();
    if (rows > 0)
      note(tx, "event_" + std::string(name_of(expiry.event_class)), expiry.partition.from, expiry.before_day, rows,
           true);
    return rows;
  });
  if (!deleted) return deleted.error();
  report_.events_deleted += static_cast<std::size_t>(*deleted);
  return {};
}

Result<void> RetentionRun::expire_events() {
  auto rules = read_retention_rules(database_);
  if (!rules) return rules.error();
  rules_ = std::move(*rules);
  const auto existing = partitions_.list();
  if (!existing) return existing.error();
  const RetentionPlan plan = plan_event_retention(rules_, *existing, day_of(expire_us_));
  for (const DayRange& range : plan.drop)
    if (auto done = drop_day(range); !done) return done.error();
  for (const EventExpiry& expiry : plan.expire)
    if (auto done = delete_class(expiry); !done) return done.error();
  return {};
}

// Deletes by one time limit; nothing for a kind that is kept for ever.
Result<void> RetentionRun::delete_before(const char* kind, const Query& query, std::size_t& count) {
  const auto days = rules_.find(kind);
  if (days == rules_.end() || !days->second) return {};
  const std::int64_t limit_us = expire_us_ - std::int64_t{*days->second} * kMicrosPerDay;
  const auto deleted = database_.write(AccountScope::all(), [&](Transaction& tx) -> Result<std::int64_t> {
    const auto rows = tx.exec(query, format_rfc3339(limit_us))[0][0].as<std::int64_t>();
    if (rows > 0) note(tx, kind, std::nullopt, day_of(limit_us - 1) + 1, rows, true);
    return rows;
  });
  if (!deleted) return deleted.error();
  count += static_cast<std::size_t>(*deleted);
  return {};
}

Result<void> RetentionRun::expire_by_time() {
  if (auto ok = delete_before("finding", sql::retention_delete_findings, report_.findings_deleted); !ok) return ok;
  if (auto ok = delete_before("notice", sql::retention_delete_notices, report_.notices_deleted); !ok) return ok;
  if (auto ok = delete_before("quarantine", sql::retention_delete_quarantine, report_.quarantine_deleted); !ok)
    return ok;
  if (auto ok = delete_before("delivery", sql::retention_delete_deliveries, report_.deliveries_deleted); !ok) return ok;
  const auto canaries = database_.write(AccountScope::all(), [&](Transaction& tx) -> Result<int> {
    tx.exec(sql::retention_delete_canaries, format_rfc3339(expire_us_ - kCanaryLifeUs));
    return 0;
  });
  if (!canaries) return canaries.error();
  return {};
}

Result<void> RetentionRun::prepare_partitions() {
  const std::int32_t today = day_of(expire_us_);
  // What no class keeps would be dropped again by the next run.
  std::int32_t kept_from = today;
  for (const EventClass event_class : kEventClasses)
    kept_from = std::min(kept_from, first_kept_day(rules_, event_class, today).value_or(0));
  const std::int32_t first = std::max(today - kPreparedDaysBack, kept_from);
  std::vector<std::int32_t> days;
  for (std::int32_t day = first; day <= today + kPreparedDaysAhead; ++day) days.push_back(day);
  return partitions_.ensure(std::move(days), today);
}

}  // namespace

Result<RetentionReport> run_retention(Database& maintenance, const RetentionOptions& options) {
  // The transaction around it holds the lock and nothing else.
  return maintenance.write(AccountScope::none(), [&](Transaction& tx) -> Result<RetentionReport> {
    tx.exec_text("SET LOCAL idle_in_transaction_session_timeout = 0");
    if (!tx.exec(sql::retention_lock)[0][0].as<bool>()) {
      RetentionReport left;
      left.another_runs = true;
      return left;
    }
    return RetentionRun(maintenance, options).run();
  });
}

Result<std::vector<Removal>> list_removals(Database& maintenance, int limit) {
  return maintenance.read(AccountScope::none(), [&](Transaction& tx) -> Result<std::vector<Removal>> {
    return rows_as<Removal>(tx.exec(sql::removal_list, limit));
  });
}

}  // namespace backtrail::schema
