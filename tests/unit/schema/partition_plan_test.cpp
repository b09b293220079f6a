#include "schema/retention/partition_plan.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "schema/core/time.hpp"

namespace backtrail::schema {
namespace {

const std::int32_t kToday = day_from_civil(2026, 11, 20);

bool covers(const std::vector<DayRange>& ranges, std::int32_t day) {
  return std::any_of(ranges.begin(), ranges.end(), [day](const DayRange& r) { return r.from <= day && day < r.to; });
}

bool overlap(const std::vector<DayRange>& ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (ranges[i].from < ranges[j].to && ranges[j].from < ranges[i].to) return true;
  return false;
}

TEST(PartitionPlanTest, DaysNearTodayGetOneEach) {
  const auto planned = plan_partitions({}, {kToday, kToday - kDailyDaysBack, kToday + kDailyDaysAhead}, kToday);
  EXPECT_EQ(planned, (std::vector<DayRange>{{kToday - kDailyDaysBack, kToday - kDailyDaysBack + 1},
                                            {kToday, kToday + 1},
                                            {kToday + kDailyDaysAhead, kToday + kDailyDaysAhead + 1}}));
}

TEST(PartitionPlanTest, OneDayFurtherSharesItsYear) {
  const std::int32_t before = kToday - kDailyDaysBack - 1, behind = kToday + kDailyDaysAhead + 1;
  EXPECT_EQ(plan_partitions({}, {before}, kToday), (std::vector<DayRange>{{day_from_civil(2026, 1, 1), before + 1}}));
  EXPECT_EQ(plan_partitions({}, {behind}, kToday), (std::vector<DayRange>{{behind, day_from_civil(2027, 1, 1)}}));
}

TEST(PartitionPlanTest, SparseHistoryMakesOnePartitionAYear) {
  std::vector<std::int32_t> days;
  for (int year = 2013; year <= 2020; ++year)
    for (unsigned month = 1; month <= 12; ++month) days.push_back(day_from_civil(year, month, 13));
  const auto planned = plan_partitions({}, days, kToday);
  ASSERT_EQ(planned.size(), 8U);
  for (int year = 2013; year <= 2020; ++year)
    EXPECT_EQ(planned[static_cast<std::size_t>(year - 2013)],
              (DayRange{day_from_civil(year, 1, 1), day_from_civil(year + 1, 1, 1)}));
}

TEST(PartitionPlanTest, YearsAreCutAroundWhatExists) {
  const std::int32_t june = day_from_civil(2014, 6, 1), july = day_from_civil(2014, 7, 1);
  const auto planned = plan_partitions({{june, june + 1}, {july, july + 1}}, {day_from_civil(2014, 6, 15)}, kToday);
  EXPECT_EQ(planned, (std::vector<DayRange>{{june + 1, july}}));
}

TEST(PartitionPlanTest, NothingIsPlannedTwice) {
  EXPECT_TRUE(plan_partitions({{kToday, kToday + 1}}, {kToday, kToday}, kToday).empty());
  EXPECT_EQ(plan_partitions({}, {kToday, kToday, kToday}, kToday).size(), 1U);
  EXPECT_TRUE(plan_partitions({}, {}, kToday).empty());
}

// Any history of imports on any days of the calendar: what exists always came from earlier plans.
TEST(PartitionPlanTest, CoversEveryDayWithoutOverlap) {
  EXPECT_TRUE(rc::check("several imports while time goes on", [] {
    std::vector<DayRange> existing;
    std::int32_t today = *rc::gen::inRange(day_from_civil(2020, 1, 1), day_from_civil(2030, 1, 1));
    const auto imports = *rc::gen::inRange(1, 6);
    for (int i = 0; i < imports; ++i, today += *rc::gen::inRange(0, 200)) {
      const auto far = *rc::gen::container<std::vector<std::int32_t>>(
          rc::gen::inRange(day_from_civil(2010, 1, 1), day_from_civil(2040, 1, 1)));
      const auto near = *rc::gen::container<std::vector<std::int32_t>>(rc::gen::inRange(today - 120, today + 50));
      std::vector<std::int32_t> days(far);
      days.insert(days.end(), near.begin(), near.end());
      const auto planned = plan_partitions(existing, days, today);
      for (const DayRange& range : planned) {
        RC_ASSERT(range.from < range.to);
        RC_ASSERT(range.to - range.from <= 366);
        RC_ASSERT(civil_of(range.from).year == civil_of(range.to - 1).year);
        const bool daily = range.from >= today - kDailyDaysBack && range.to - 1 <= today + kDailyDaysAhead;
        RC_ASSERT((!daily || range.to - range.from == 1));
      }
      existing.insert(existing.end(), planned.begin(), planned.end());
      for (const std::int32_t day : days) RC_ASSERT(covers(existing, day));
      RC_ASSERT(!overlap(existing));
    }
  }));
}

}  // namespace
}  // namespace backtrail::schema
