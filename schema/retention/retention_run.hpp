// A run of retention by the maintenance role: removes what has expired and is not held, archives it before if asked,
// notes it, and prepares partitions.
//
// Any number of processes may start one: the first does it, the others say so and leave it. Writers are never kept
// waiting: whoever drops a partition waits at most kDropLockWaitMs for each of its locks and gives up otherwise; what
// stayed is removed by the next run. Archiving takes as long as it takes and locks nothing but the days that go, whose
// late events are quarantined meanwhile. A run that is killed leaves rows, or rows and their archive; never neither.
// Needs four connections at a time of `maintenance`.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "schema/pg/database.hpp"
#include "schema/pg/row_as.hpp"
#include "schema/retention/retention.hpp"

namespace backtrail::schema {

// Writers queue behind a dropper: six locks of this length are the longest that one waits for it.
inline constexpr int kDropLockWaitMs = 50;
inline constexpr int kDropTries = 8;  // in one run
// Days behind today whose partitions are made before a late event needs them; days ahead: kPreparedDaysAhead.
inline constexpr std::int32_t kPreparedDaysBack = 3;
// An empty partition is dropped so many days after its days expired.
inline constexpr std::int32_t kEmptyKeptDays = 7;

struct RetentionOptions {
  std::int64_t now_us = 0;
  bool clock_confirmed = false;               // a person says that the clock is right (clock_guard.hpp)
  std::filesystem::path archive_directory{};  // empty: nothing is archived
  bool ends_archiving = false;                // a person says that this warehouse archives no longer
  std::function<void()> after_archiving{};    // for tests: between an archive and the removal of its rows
};

struct RetentionReport {
  std::size_t partitions_dropped = 0, events_deleted = 0, findings_deleted = 0, notices_deleted = 0,
              quarantine_deleted = 0, deliveries_deleted = 0;
  std::size_t sets_archived = 0, records_archived = 0;
  std::size_t busy = 0;         // removals that would have made others wait, or met a change; the next run does them
  bool another_runs = false;    // nothing was done: another process is at it
  std::string clock_doubt;      // why nothing more was removed than before; empty when the clock is believed
  std::string archive_failure;  // why nothing that should be archived was removed; empty when nothing failed
};

// kBadParameter when the warehouse archives and the options say neither where nor that it ends.
Result<RetentionReport> run_retention(Database& maintenance, const RetentionOptions& options);

// What was removed lately, newest first.
struct Removal {
  TimeUs removed_at;
  std::string what;
  std::optional<std::string> from_day;  // nothing: from the beginning
  std::string to_day;                   // the day behind the last
  std::int64_t row_count = 0;
  bool counted = false;  // false: an estimate
  std::string archive;   // folder; "" when nothing was archived
  std::optional<std::string> manifest_sha256;
};
Result<std::vector<Removal>> list_removals(Database& maintenance, int limit);

}  // namespace backtrail::schema
