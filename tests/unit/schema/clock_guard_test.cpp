// When retention believes a clock.
#include "schema/retention/clock_guard.hpp"

#include <gmock/gmock.h>

#include "schema/core/time.hpp"

namespace backtrail::schema {
namespace {

using ::testing::HasSubstr;

constexpr std::int32_t kDay = 20'000;
constexpr std::int64_t kNow = day_start(kDay) + 12 * kMicrosPerHour;

// Nothing is wrong at `now_us`: retention ran yesterday and the database agrees.
ClockEvidence calm(std::int64_t now_us) {
  return {
      .trusted_day = kDay - 1, .suspected_us = {}, .database_us = now_us, .witnessed = false, .said_by_person = false};
}

TEST(ClockGuardTest, AClockThatGoesOnIsBelieved) {
  const ClockVerdict verdict = judge_clock(kNow, calm(kNow));
  EXPECT_EQ(verdict.expire_us, kNow);
  EXPECT_EQ(verdict.trusted_day, kDay);
  EXPECT_EQ(verdict.suspected_us, std::nullopt);
  EXPECT_EQ(verdict.doubt, "");
}

TEST(ClockGuardTest, AStepOfMoreDaysThanAHolidayIsDoubted) {
  const std::int64_t last_believed = kNow + (kClockStepDaysMax - 1) * kMicrosPerDay;
  EXPECT_EQ(judge_clock(last_believed, calm(last_believed)).expire_us, last_believed);
  const std::int64_t jumped = last_believed + kMicrosPerDay;
  const ClockVerdict verdict = judge_clock(jumped, calm(jumped));
  EXPECT_THAT(verdict.doubt, HasSubstr("8 days after the last day that was certain"));
  EXPECT_EQ(day_of(verdict.expire_us), kDay - 1) << "what was due by the last certain day";
  EXPECT_EQ(verdict.trusted_day, kDay - 1) << "otherwise the next run would go a step further";
  EXPECT_EQ(verdict.suspected_us, jumped);
}

TEST(ClockGuardTest, AClockAheadOfTheDatabaseIsDoubted) {
  ClockEvidence evidence = calm(kNow - kClockAheadOfDatabaseMaxUs);
  EXPECT_EQ(judge_clock(kNow, evidence).doubt, "");
  --evidence.database_us;
  EXPECT_THAT(judge_clock(kNow, evidence).doubt, HasSubstr("the database's"));
  // However long it says so, and whatever came in.
  evidence.suspected_us = kNow - 2 * kMicrosPerDay;
  evidence.witnessed = true;
  EXPECT_NE(judge_clock(kNow, evidence).doubt, "");
}

TEST(ClockGuardTest, RecordsOfThatTimeOrAPersonEndTheDoubt) {
  const std::int64_t jumped = kNow + 400 * kMicrosPerDay;
  for (auto witness : {&ClockEvidence::witnessed, &ClockEvidence::said_by_person}) {
    ClockEvidence evidence = calm(jumped);
    evidence.*witness = true;
    const ClockVerdict verdict = judge_clock(jumped, evidence);
    EXPECT_EQ(verdict.expire_us, jumped);
    EXPECT_EQ(verdict.trusted_day, kDay + 400);
  }
}

TEST(ClockGuardTest, ADayWithoutAStepEndsTheDoubt) {
  const std::int64_t jumped = kNow + 30 * kMicrosPerDay;
  const auto after = [&](std::int64_t waited_us) {
    ClockEvidence evidence = calm(jumped + waited_us);
    evidence.suspected_us = jumped;
    return judge_clock(jumped + waited_us, evidence);
  };
  EXPECT_NE(after(kClockConfirmedAfterUs - 1).doubt, "");
  EXPECT_EQ(after(kClockConfirmedAfterUs - 1).suspected_us, jumped) << "the doubt is as old as it is";
  EXPECT_EQ(after(kClockConfirmedAfterUs).doubt, "");
  EXPECT_EQ(after(kClockConfirmedAfterUs).suspected_us, std::nullopt);
  EXPECT_EQ(after(kClockConfirmedBeforeUs - 1).doubt, "");
  EXPECT_NE(after(kClockConfirmedBeforeUs).doubt, "") << "it jumped again";
  EXPECT_EQ(after(kClockConfirmedBeforeUs).suspected_us, jumped + kClockConfirmedBeforeUs);
  EXPECT_EQ(after(-1).suspected_us, jumped - 1) << "it went back, but not far enough";
}

TEST(ClockGuardTest, AClockBehindRemovesNothingEarlyAndChangesNothing) {
  const std::int64_t behind = kNow - 500 * kMicrosPerDay;
  const ClockVerdict verdict = judge_clock(behind, calm(kNow));
  EXPECT_EQ(verdict.expire_us, behind);
  EXPECT_EQ(verdict.trusted_day, kDay - 1);
  EXPECT_EQ(verdict.doubt, "");
}

}  // namespace
}  // namespace backtrail::schema
