// Which partitions of the event tables must exist: a pure decision.
//
// Days near today get a partition each. Days far away (years of history imported under `forever`, a record dated next
// year) share one partition per calendar year, cut around partitions that exist, so that sparse history makes a few
// partitions and not thousands: planning and opening partitions is what such history would slow down.
#pragma once
#include <cstdint>
#include <vector>

namespace backtrail::schema {

inline constexpr std::int32_t kDailyDaysBack = 100;  // a day's partition of its own up to here
inline constexpr std::int32_t kDailyDaysAhead = 30;
inline constexpr std::int32_t kPreparedDaysAhead = 8;  // made by maintenance before they are needed

// Days since 1970-01-01, half-open.
struct DayRange {
  std::int32_t from = 0, to = 0;
  bool operator==(const DayRange&) const = default;
};

// The ranges to create so that every day of `days` is covered. `existing` need not be sorted; the result does not
// overlap it.
std::vector<DayRange> plan_partitions(std::vector<DayRange> existing, std::vector<std::int32_t> days,
                                      std::int32_t today);

}  // namespace backtrail::schema
