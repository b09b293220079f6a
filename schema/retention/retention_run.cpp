#include "schema/retention/retention_run.hpp"

#include <algorithm>
#include <backtrail_schema_sql.hpp>
#include <chrono>
#include <fmt/format.h>
#include <thread>

#include "schema/archive/archive.hpp"
#include "schema/archive/archive_lines.hpp"
#include "schema/core/time.hpp"
#include "schema/retention/clock_guard.hpp"
#include "schema/retention/partitions.hpp"

namespace backtrail::schema {

BOOST_DESCRIBE_STRUCT(Removal, (), (removed_at, what, from_day, to_day, row_count, counted, archive, manifest_sha256))

namespace {

// A canary is of no interest once it was answered.
constexpr std::int64_t kCanaryLifeUs = 3600 * kMicrosPerSecond;
// Between two tries to drop a partition writers come through.
constexpr std::chrono::milliseconds kDropPause{100};
// Writers of a day that goes are late ones, with short transactions.
constexpr int kCloseTries = 20;
constexpr std::chrono::milliseconds kClosePause{50};

struct StateRow {
  TimeUs trusted_day;
  std::optional<TimeUs> suspected_at;
  bool archives;
  TimeUs database_at;
  bool witnessed;
};
BOOST_DESCRIBE_STRUCT(StateRow, (), (trusted_day, suspected_at, archives, database_at, witnessed))

struct PartitionFacts {
  std::int64_t rows = 0;
  bool empty = true;
};
BOOST_DESCRIBE_STRUCT(PartitionFacts, (), (rows, empty))

using Archived = std::optional<ArchiveSet>;

// How a removal ended that is no error.
enum class Ended { kDone, kBusy };

class RetentionRun {
 public:
  RetentionRun(Database& database, const RetentionOptions& options)
      : database_(database), options_(options), partitions_(database) {}

  Result<RetentionReport> run() {
    for (const auto step :
         {&RetentionRun::look_at_state, &RetentionRun::read_rules, &RetentionRun::open_archive,
          &RetentionRun::expire_events, &RetentionRun::expire_by_time, &RetentionRun::prepare_partitions})
      if (auto done = (this->*step)(); !done) return done.error();
    return std::move(report_);
  }

 private:
  Result<void> look_at_state();
  Result<void> read_rules();
  Result<void> open_archive();
  Result<void> expire_events();
  Result<void> expire_by_time();
  Result<void> prepare_partitions();

  // The only place where a whole day goes.
  Result<void> drop_day(const DayRange& range);
  Result<PartitionFacts> look_at(const DayRange& range);
  bool may_be_filled(const DayRange& range) const;
  static bool close_days(Transaction& closing, const DayRange& range);
  static bool try_to_drop(Transaction& closing, const DayRange& range);

  using Delete = std::function<std::int64_t(Transaction&)>;
  // Rows that go one by one: archived and deleted in one snapshot. `complete`: whether what is deleted is what was
  // archived.
  using Complete = std::function<Result<bool>(std::int64_t deleted, const ArchiveSet& archived)>;
  Result<std::int64_t> remove_rows(const ArchiveSubject& subject, ArchiveSource* source, const Delete& delete_rows,
                                   const Complete& complete);
  Result<std::int64_t> archive_and_remove(const ArchiveSubject& subject, ArchiveSource& source,
                                          const Delete& delete_rows, const Complete& complete);
  Result<Archived> archive_rows(Transaction& tx, const ArchiveSubject& subject, ArchiveSource& source);
  Result<void> expire_class(const EventExpiry& expiry);
  Result<void> expire_kind(const char* kind, const Query& query, std::unique_ptr<ArchiveSource> (*source)(std::int64_t),
                           std::size_t& count);
  // Errors of the archive end archiving and nothing else; what changed meanwhile is for the next run.
  Result<void> settle(const Error& error);
  bool archives() const { return !options_.archive_directory.empty(); }
  void note(Transaction& tx, const ArchiveSubject& subject, std::int64_t rows, bool counted, const Archived& set) const;

  Database& database_;
  const RetentionOptions& options_;
  Partitions partitions_;
  RetentionRules rules_;
  std::vector<HeldDays> held_;
  std::unique_ptr<Archive> archive_;
  std::int64_t expire_us_ = 0;
  RetentionReport report_;
};

Result<void> RetentionRun::look_at_state() {
  const auto row = database_.read(AccountScope::all(), [&](Transaction& tx) -> Result<StateRow> {
    return row_as<StateRow>(tx.exec(sql::retention_clock, format_rfc3339(options_.now_us - kClockWitnessUs),
                                    format_rfc3339(options_.now_us))[0]);
  });
  if (!row) return row.error();
  if (row->archives && !archives() && !options_.ends_archiving)
    return fail(Code::kBadParameter,
                "this warehouse archives what it removes: say where with --archive-dir, or end it with --no-archive");
  ClockEvidence evidence;
  evidence.trusted_day = day_of(row->trusted_day.us);
  if (row->suspected_at) evidence.suspected_us = row->suspected_at->us;
  evidence.database_us = row->database_at.us;
  evidence.witnessed = row->witnessed;
  evidence.said_by_person = options_.clock_confirmed;
  const ClockVerdict verdict = judge_clock(options_.now_us, evidence);
  expire_us_ = verdict.expire_us;
  report_.clock_doubt = verdict.doubt;
  if (verdict.trusted_day == evidence.trusted_day && verdict.suspected_us == evidence.suspected_us &&
      row->archives == archives())
    return {};
  const auto suspected = verdict.suspected_us ? std::optional(format_rfc3339(*verdict.suspected_us)) : std::nullopt;
  const auto set = database_.write(AccountScope::none(), [&](Transaction& tx) -> Result<int> {
    tx.exec(sql::retention_clock_set, format_day(verdict.trusted_day), suspected, archives());
    return 0;
  });
  if (!set) return set.error();
  return {};
}

Result<void> RetentionRun::read_rules() {
  auto rules = read_retention_rules(database_);
  if (!rules) return rules.error();
  auto held = active_holds(database_);
  if (!held) return held.error();
  rules_ = std::move(*rules);
  held_ = std::move(*held);
  return {};
}

Result<void> RetentionRun::open_archive() {
  if (!archives()) return {};
  auto opened = Archive::open(options_.archive_directory);
  if (opened)
    archive_ = std::move(*opened);
  else
    report_.archive_failure = opened.error().detail;
  return {};
}

void RetentionRun::note(Transaction& tx, const ArchiveSubject& subject, std::int64_t rows, bool counted,
                        const Archived& set) const {
  Uuid id;
  id.bytes = random_hash_key().bytes;
  const auto manifest =
      set ? std::optional(hex(set->manifest_sha256.data(), set->manifest_sha256.size())) : std::nullopt;
  tx.exec(sql::removal_insert, to_string(id), format_rfc3339(options_.now_us), subject.what,
          subject.from_day ? std::optional(format_day(*subject.from_day)) : std::nullopt, format_day(subject.to_day),
          rows, counted, set ? set->folder.native() : std::string{}, manifest);
}

Result<void> RetentionRun::settle(const Error& error) {
  switch (error.code) {
    case Code::kIo:
    case Code::kBadEncoding:
    case Code::kBadRecord:
      archive_.reset();
      report_.archive_failure = error.detail;
      return {};
    case Code::kRetry:
    case Code::kTimeout:
      ++report_.busy;
      return {};
    default:
      return error;
  }
}

Result<Archived> RetentionRun::archive_rows(Transaction& tx, const ArchiveSubject& subject, ArchiveSource& source) {
  auto set = archive_->begin(subject);
  if (!set) return set.error();
  const LineSink add = [&set](std::string_view line) { return (*set)->add(line); };
  for (;;) {
    const auto more = source.next_page(tx, add);
    if (!more) return more.error();
    if (!*more) break;
  }
  auto finished = (*set)->finish(options_.now_us);
  if (finished && *finished) {
    ++report_.sets_archived;
    report_.records_archived += (*finished)->records;
    if (options_.after_archiving) options_.after_archiving();
  }
  return finished;
}

// --- whole days

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

// From here on until the transaction ends nothing is added to the days. False: somebody is at it for long.
bool RetentionRun::close_days(Transaction& closing, const DayRange& range) {
  for (std::int32_t day = range.from; day < range.to; ++day)
    for (int attempt = 0; !closing.exec(sql::event_close_day, day)[0]["closed"].as<bool>(); ++attempt) {
      if (attempt == kCloseTries) return false;
      std::this_thread::sleep_for(kClosePause);
    }
  return true;
}

bool RetentionRun::try_to_drop(Transaction& closing, const DayRange& range) {
  for (int attempt = 0; attempt < kDropTries; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(kDropPause);
    closing.exec_text("SAVEPOINT before_drop");
    try {
      closing.exec_text(fmt::format("SET LOCAL lock_timeout = '{}ms'", kDropLockWaitMs));
      closing.exec(sql::partition_drop, format_day(range.from), format_day(range.to));
      return true;
    } catch (const std::exception& exception) {
      const Code code = error_from(exception).code;
      if (code != Code::kTimeout && code != Code::kRetry) throw;
    }
    closing.exec_text("ROLLBACK TO SAVEPOINT before_drop");  // and of the locks that it got
  }
  return false;
}

Result<void> RetentionRun::drop_day(const DayRange& range) {
  const auto facts = look_at(range);
  if (!facts) return facts.error();
  if (facts->empty && may_be_filled(range)) return {};
  const ArchiveSubject subject{"event", range.from, range.to};
  const auto ended = database_.write(AccountScope::all(), [&](Transaction& closing) -> Result<Ended> {
    Archived set;
    if (archive_) {
      closing.exec_text("SET LOCAL idle_in_transaction_session_timeout = 0");
      if (!close_days(closing, range)) return Ended::kBusy;
      const auto source = archive_events(range, std::nullopt);
      auto archived =
          database_.read(AccountScope::all(), [&](Transaction& tx) { return archive_rows(tx, subject, *source); });
      if (!archived) return archived.error();
      set = std::move(*archived);
    }
    fence_holds(closing);
    if (overlaps(active_holds(closing), range) || !try_to_drop(closing, range)) return Ended::kBusy;
    const bool counted = archive_ != nullptr;
    note(closing, subject, set ? static_cast<std::int64_t>(set->records) : counted ? 0 : facts->rows, counted, set);
    return Ended::kDone;
  });
  if (!ended) return settle(ended.error());
  ++(*ended == Ended::kDone ? report_.partitions_dropped : report_.busy);
  return {};
}

// --- rows

Result<std::int64_t> RetentionRun::archive_and_remove(const ArchiveSubject& subject, ArchiveSource& source,
                                                      const Delete& delete_rows, const Complete& complete) {
  const auto held_before = active_holds(database_);
  if (!held_before) return held_before.error();
  return database_.write(AccountScope::all(), [&](Transaction& tx) -> Result<std::int64_t> {
    // What it deletes is what it read.
    tx.exec_text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    tx.exec_text("SET LOCAL idle_in_transaction_session_timeout = 0");
    const auto set = archive_rows(tx, subject, source);
    if (!set) return set.error();
    if (!*set) return std::int64_t{0};
    fence_holds(tx);
    // This snapshot does not see the holds of today.
    const auto held = active_holds(database_);
    if (!held) return held.error();
    if (*held != *held_before) return fail(Code::kRetry, "a hold came or went");
    const std::int64_t deleted = delete_rows(tx);
    const auto all = complete(deleted, **set);
    if (!all) return all.error();
    if (!*all) return fail(Code::kRetry, "other rows expired than were archived");
    note(tx, subject, deleted, true, *set);
    return deleted;
  });
}

Result<std::int64_t> RetentionRun::remove_rows(const ArchiveSubject& subject, ArchiveSource* source,
                                               const Delete& delete_rows, const Complete& complete) {
  if (source != nullptr && archives()) return archive_and_remove(subject, *source, delete_rows, complete);
  return database_.write(AccountScope::all(), [&](Transaction& tx) -> Result<std::int64_t> {
    fence_holds(tx);
    const std::int64_t deleted = delete_rows(tx);
    if (deleted > 0) note(tx, subject, deleted, true, {});
    return deleted;
  });
}

Result<void> RetentionRun::expire_class(const EventExpiry& expiry) {
  const DayRange days{expiry.partition.from, expiry.before_day};
  const auto source = archive_events(days, expiry.event_class);
  const auto deleted = remove_rows(
      {"event_" + std::string(name_of(expiry.event_class)), days.from, days.to}, source.get(),
      [&](Transaction& tx) {
        return tx
            .exec(sql::retention_delete_events, format_day(days.from), format_day(days.to),
                  static_cast<int>(expiry.event_class))[0][0]
            .as<std::int64_t>();
      },
      [](std::int64_t rows, const ArchiveSet& set) -> Result<bool> {
        return rows == static_cast<std::int64_t>(set.records);
      });
  if (!deleted) return settle(deleted.error());
  report_.events_deleted += static_cast<std::size_t>(*deleted);
  return {};
}

Result<void> RetentionRun::expire_events() {
  if (archives() && !archive_) return {};
  const auto existing = partitions_.list();
  if (!existing) return existing.error();
  const RetentionPlan plan = plan_event_retention(rules_, *existing, day_of(expire_us_), held_);
  const auto may_go_on = [this] { return !archives() || archive_; };
  for (const DayRange& range : plan.drop)
    if (may_go_on())
      if (auto done = drop_day(range); !done) return done.error();
  for (const EventExpiry& expiry : plan.expire)
    if (may_go_on())
      if (auto done = expire_class(expiry); !done) return done.error();
  return {};
}

// Deletes by one time limit; nothing for a kind that is kept for ever.
Result<void> RetentionRun::expire_kind(const char* kind, const Query& query,
                                       std::unique_ptr<ArchiveSource> (*source)(std::int64_t), std::size_t& count) {
  const auto days = rules_.find(kind);
  if (days == rules_.end() || !days->second) return {};
  if (source != nullptr && archives() && !archive_) return {};
  const std::int64_t limit_us = expire_us_ - std::int64_t{*days->second} * kMicrosPerDay;
  const std::string limit = format_rfc3339(limit_us);
  const auto rows = source == nullptr ? nullptr : source(limit_us);
  const bool versions = std::string_view(kind) == "finding";
  const auto deleted = remove_rows(
      {kind, std::nullopt, day_of(limit_us - 1) + 1}, rows.get(),
      [&](Transaction& tx) { return tx.exec(query, limit)[0][0].as<std::int64_t>(); },
      [&](std::int64_t deleted_rows, const ArchiveSet& set) -> Result<bool> {
        if (!versions) return deleted_rows == static_cast<std::int64_t>(set.records);
        // Versions that came since the snapshot, of findings that are locked now: asked from outside.
        return database_.read(AccountScope::all(), [&](Transaction& tx) -> Result<bool> {
          return tx.exec(sql::archive_finding_versions, limit)[0][0].as<std::int64_t>() ==
                 static_cast<std::int64_t>(set.records);
        });
      });
  if (!deleted) return settle(deleted.error());
  count += static_cast<std::size_t>(*deleted);
  return {};
}

Result<void> RetentionRun::expire_by_time() {
  const auto all = [&]() -> Result<void> {
    if (auto ok = expire_kind("finding", sql::retention_delete_findings, archive_findings, report_.findings_deleted);
        !ok)
      return ok;
    if (auto ok = expire_kind("notice", sql::retention_delete_notices, archive_notices, report_.notices_deleted); !ok)
      return ok;
    if (auto ok =
            expire_kind("quarantine", sql::retention_delete_quarantine, archive_quarantine, report_.quarantine_deleted);
        !ok)
      return ok;
    return expire_kind("delivery", sql::retention_delete_deliveries, nullptr, report_.deliveries_deleted);
  };
  if (auto ok = all(); !ok) return ok;
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
