// A run of retention by the maintenance role: removes what has expired, notes it, and prepares partitions.
//
// Any number of processes may start one: the first does it, the others say so and leave it. Writers are never kept
// waiting: whoever drops a partition waits at most kDropLockWaitMs for each of its locks and gives up otherwise; what
// stayed is removed by the next run. A run that is killed leaves what it did not come to. Needs two connections at a
// time of `maintenance`.
#pragma once
#include <cstdint>
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
  bool clock_confirmed = false;  // a person says that the clock is right (clock_guard.hpp)
};

struct RetentionReport {
  std::size_t partitions_dropped = 0, events_deleted = 0, findings_deleted = 0, notices_deleted = 0,
              quarantine_deleted = 0, deliveries_deleted = 0;
  std::size_t partitions_busy = 0;  // could not be dropped without making others wait
  bool another_runs = false;        // nothing was done: another process is at it
  std::string clock_doubt;          // why nothing more was removed than before; empty when the clock is believed
};

Result<RetentionReport> run_retention(Database& maintenance, const RetentionOptions& options);

// What was removed lately, newest first.
struct Removal {
  TimeUs removed_at;
  std::string what;
  std::optional<std::string> from_day;  // nothing: from the beginning
  std::string to_day;                   // the day behind the last
  std::int64_t row_count = 0;
  bool counted = false;  // false: an estimate
};
Result<std::vector<Removal>> list_removals(Database& maintenance, int limit);

}  // namespace backtrail::schema
