#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/seal/planner.hpp"
#include "schema/core/time.hpp"

namespace backtrail::ingest::seal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int32_t kToday = 20'760;
constexpr std::int64_t kNow = kToday * schema::kMicrosPerDay + 12 * schema::kMicrosPerHour;

TEST(SealPlannerTest, ADayIsOldWhenAWholeDayLiesBehindIt) {
  EXPECT_EQ(first_young_day(kNow), kToday - 1);
  EXPECT_EQ(first_young_day(schema::day_start(kToday) - 1), kToday - 2);
  EXPECT_EQ(first_young_day(schema::day_start(kToday)), kToday - 1);
}

TEST(SealPlannerTest, QuietDaysAreSealedAndBusyOnesWhenTheyAreLarge) {
  const auto seals = [](DayLoad load) { return !plan_seals({load}, {}, kNow).empty(); };
  EXPECT_TRUE(seals({1, 1, kNow - kQuietUs, false}));
  EXPECT_FALSE(seals({1, 1, kNow - kQuietUs + 1, false}));
  EXPECT_FALSE(seals({1, kSealAnywayRows - 1, kNow, false}));
  EXPECT_TRUE(seals({1, kSealAnywayRows, kNow, false}));
  EXPECT_FALSE(seals({1, 1, kNow - kLateQuietUs + 1, true}));
  EXPECT_TRUE(seals({1, 1, kNow - kLateQuietUs, true}));
  EXPECT_TRUE(seals({1, kSealAnywayRows, kNow, true}));
  EXPECT_FALSE(seals({1, 0, 0, false}));
}

TEST(SealPlannerTest, YoungDaysAreSealedWhenTheyOutgrowTheLimit) {
  EXPECT_THAT(plan_seals({}, {{kToday, kEarlySealRows - 1}}, kNow), IsEmpty());
  EXPECT_THAT(plan_seals({{3, 9, 0}, {1, 9, 0}}, {{kToday, kEarlySealRows}}, kNow), ElementsAre(1, 3, kToday));
}

}  // namespace
}  // namespace backtrail::ingest::seal
