#include "schema/retention/partition_plan.hpp"

#include <algorithm>

#include "schema/core/time.hpp"

namespace backtrail::schema {
namespace {

DayRange year_of(std::int32_t day) {
  const int year = civil_of(day).year;
  return {day_from_civil(year, 1, 1), day_from_civil(year + 1, 1, 1)};
}

// The widest range for `day`: itself when it is near today, else its year without the days that belong elsewhere.
DayRange range_for(std::int32_t day, std::int32_t today, const std::vector<DayRange>& existing) {
  const std::int32_t first_daily = today - kDailyDaysBack, last_daily = today + kDailyDaysAhead;
  if (day >= first_daily && day <= last_daily) return {day, day + 1};
  DayRange range = year_of(day);
  if (day < first_daily)
    range.to = std::min(range.to, first_daily);
  else
    range.from = std::max(range.from, last_daily + 1);
  for (const DayRange& other : existing) {
    if (other.to <= day) range.from = std::max(range.from, other.to);
    if (other.from > day) range.to = std::min(range.to, other.from);
  }
  return range;
}

}  // namespace

std::vector<DayRange> plan_partitions(std::vector<DayRange> existing, std::vector<std::int32_t> days,
                                      std::int32_t today) {
  std::sort(days.begin(), days.end());
  std::vector<DayRange> planned;
  for (const std::int32_t day : days) {
    const bool covered =
        std::any_of(existing.begin(), existing.end(), [day](const DayRange& r) { return r.from <= day && day < r.to; });
    if (covered) continue;
    planned.push_back(range_for(day, today, existing));
    existing.push_back(planned.back());
  }
  return planned;
}

}  // namespace backtrail::schema
