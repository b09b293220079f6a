#include "ingest/seal/planner.hpp"

#include <algorithm>

#include "schema/core/time.hpp"

namespace backtrail::ingest::seal {

std::int32_t first_young_day(std::int64_t now_us) {
  return schema::day_of(now_us) - kSealAgeDays;
}

std::vector<std::int32_t> plan_seals(const std::vector<DayLoad>& old_days, const std::vector<DayLoad>& young_days,
                                     std::int64_t now_us) {
  std::vector<std::int32_t> days;
  for (const auto& load : old_days) {
    const std::int64_t quiet_us = load.has_parts ? kLateQuietUs : kQuietUs;
    if (load.rows > 0 && (load.rows >= kSealAnywayRows || now_us - load.last_received_us >= quiet_us))
      days.push_back(load.day);
  }
  for (const auto& load : young_days)
    if (load.rows >= kEarlySealRows) days.push_back(load.day);
  std::sort(days.begin(), days.end());
  return days;
}

}  // namespace backtrail::ingest::seal
