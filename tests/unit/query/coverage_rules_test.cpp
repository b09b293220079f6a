// When silence is late, silent or of no meaning, and which pauses were gaps: at the limits and one beyond.
#include "query/coverage/coverage_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace backtrail::query {
namespace {

using schema::CoverageSource;
using schema::kMicrosPerDay;
using schema::kMicrosPerHour;
using schema::TimeRange;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int32_t kToday = 20'778;  // 2026-11-21
constexpr std::uint32_t kAllDay = 0xFFFFFF;
constexpr auto kManagement = CoverageSource::kCloudTrailManagement;

std::uint32_t hours(std::initializer_list<int> list) {
  std::uint32_t bits = 0;
  for (const int hour : list) bits |= 1U << hour;
  return bits;
}
std::int64_t at(std::int32_t day, std::int64_t hour) {
  return schema::day_start(day) + hour * kMicrosPerHour;
}
std::vector<DayHours> days_of(std::int32_t from, std::int32_t count, std::uint32_t bits) {
  std::vector<DayHours> days;
  for (std::int32_t i = 0; i < count; ++i) days.push_back({from + i, bits});
  return days;
}
CellJudgement judged(CoverageSource source, const std::vector<DayHours>& days, std::int64_t last_us,
                     std::int64_t now_us, bool active = true) {
  return judge({source, last_us, days, active}, {schema::day_start(schema::day_of(now_us) - 13), now_us});
}

TEST(UsualPauseTest, TakesTheSecondLongestSoThatOneOutageIsNoMeasure) {
  auto days = days_of(kToday - 9, 10, kAllDay);
  EXPECT_EQ(usual_pause_us(days), kMicrosPerHour);
  days.erase(days.begin() + 3, days.begin() + 5);  // two days out
  EXPECT_EQ(usual_pause_us(days), kMicrosPerHour);
  days.erase(days.begin() + 5);  // and one more day
  EXPECT_EQ(usual_pause_us(days), 25 * kMicrosPerHour);
}

TEST(UsualPauseTest, AllowsWeekends) {
  // On every day of the week that the last record may lie on.
  for (std::int32_t last = kToday - 6; last <= kToday; ++last) {
    std::vector<DayHours> days;
    for (std::int32_t day = last - 40; day <= last; ++day)
      if (day % 7 != 2 && day % 7 != 3) days.push_back({day, hours({8, 9, 10, 11, 12, 13, 14, 15, 16, 17})});
    EXPECT_EQ(usual_pause_us(days), 63 * kMicrosPerHour) << last;  // Friday 17 to Monday 8
  }
}

TEST(UsualPauseTest, NeedsSixHoursOnThreeDays) {
  EXPECT_EQ(usual_pause_us({}), std::nullopt);
  EXPECT_EQ(usual_pause_us(days_of(kToday - 1, 2, kAllDay)), std::nullopt) << "two days";
  EXPECT_TRUE(usual_pause_us(days_of(kToday - 2, 3, hours({1, 2}))).has_value());
  const std::vector<DayHours> five{{kToday - 2, hours({1, 2})}, {kToday - 1, hours({1, 2})}, {kToday, hours({1})}};
  EXPECT_EQ(usual_pause_us(five), std::nullopt) << "five hours";
}

TEST(UsualPauseTest, CallsPausesOfMoreThanThreeDaysNoRhythm) {
  const auto days = [](int between) {
    return std::vector<DayHours>{
        {kToday - 6, hours({0, 1, 2})}, {kToday - 3, hours({between, 6})}, {kToday, hours({4 + between, 23})}};
  };
  EXPECT_EQ(usual_pause_us(days(2)), kRhythmPauseMaxUs);  // 72 hours from 2 to 2, and 72 from 6 to 6
  const std::vector<DayHours> rare{{kToday - 8, hours({0, 1, 2})}, {kToday - 4, hours({2, 3})}, {kToday, hours({4})}};
  EXPECT_EQ(usual_pause_us(rare), std::nullopt);
}

TEST(UsualPauseTest, LooksAtTheLastThreeWeeksOfTheSourceOnly) {
  auto days = days_of(kToday - 40, 3, hours({0, 1, 2}));
  days.push_back({kToday, hours({5})});
  EXPECT_EQ(usual_pause_us(days), std::nullopt);
  // Twenty-one days count, the twenty-second does not.
  days = {{kToday - 20, hours({0, 1})}, {kToday - 1, hours({0, 1})}, {kToday, hours({0, 1})}};
  EXPECT_TRUE(usual_pause_us(days).has_value());
  days.front().day = kToday - 21;
  EXPECT_EQ(usual_pause_us(days), std::nullopt);
}

TEST(PatienceTest, HoldsTheLimitsOfTheSource) {
  EXPECT_EQ(patience_of(kManagement, kMicrosPerHour).late_us, 2 * kMicrosPerHour);
  EXPECT_EQ(patience_of(kManagement, kMicrosPerHour).silent_us, 6 * kMicrosPerHour);
  EXPECT_EQ(patience_of(kManagement, 4 * kMicrosPerHour).late_us, 6 * kMicrosPerHour);
  EXPECT_EQ(patience_of(kManagement, 4 * kMicrosPerHour).silent_us, 8 * kMicrosPerHour);
  EXPECT_EQ(patience_of(CoverageSource::kGuardDuty, kMicrosPerHour).late_us, 3 * kMicrosPerDay);
  EXPECT_EQ(patience_of(CoverageSource::kGuardDuty, kRhythmPauseMaxUs).silent_us, 7 * kMicrosPerDay);
  EXPECT_EQ(patience_of(CoverageSource::kHeartbeat, kMicrosPerHour).silent_us, 4 * kMicrosPerHour);
  EXPECT_EQ(patience_of(CoverageSource::kCloudTrailData, kMicrosPerHour).late_us, 6 * kMicrosPerHour);
  for (const auto source : schema::kCoverageSources) {
    const auto limits = silence_limits(source);
    EXPECT_LT(limits.late_min_us, limits.silent_min_us) << name_of(source);
  }
}

TEST(JudgeTest, IsLateAndSilentOneMicrosecondBehindTheLimit) {
  const auto days = days_of(kToday - 13, 14, kAllDay);
  const auto last = at(kToday, 6);
  const auto status = [&](std::int64_t silence_us) {
    return judged(kManagement, days, last, last + silence_us).status;
  };
  EXPECT_EQ(status(0), CoverageStatus::kOk);
  EXPECT_EQ(status(2 * kMicrosPerHour), CoverageStatus::kOk);
  EXPECT_EQ(status(2 * kMicrosPerHour + 1), CoverageStatus::kLate);
  EXPECT_EQ(status(6 * kMicrosPerHour), CoverageStatus::kLate);
  EXPECT_EQ(status(6 * kMicrosPerHour + 1), CoverageStatus::kSilent);
  EXPECT_EQ(status(300 * kMicrosPerDay), CoverageStatus::kSilent) << "silence has no end";
}

TEST(JudgeTest, ExpectsNothingWithoutARhythmOrOfAClosedAccount) {
  const auto few = judged(kManagement, {{kToday - 9, hours({4})}}, at(kToday - 9, 4), at(kToday, 0));
  EXPECT_EQ(few.status, CoverageStatus::kQuiet);
  EXPECT_THAT(few.gaps, IsEmpty());
  const auto closed = judged(kManagement, days_of(kToday - 13, 9, kAllDay), at(kToday - 4, 0), at(kToday, 0), false);
  EXPECT_EQ(closed.status, CoverageStatus::kQuiet);
  EXPECT_THAT(closed.gaps, IsEmpty());
}

TEST(JudgeTest, TellsGapsBetweenActiveHours) {
  auto days = days_of(kToday - 13, 14, kAllDay);
  days[10].hours = hours({0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23});
  const auto now = at(kToday, 23) + kMicrosPerHour;
  const std::int32_t day = kToday - 3;
  EXPECT_THAT(judged(kManagement, days, now, now).gaps, ElementsAre(TimeRange{at(day, 5), at(day, 8)}));
  // Two hours are within what late allows.
  days[10].hours |= hours({7});
  EXPECT_THAT(judged(kManagement, days, now, now).gaps, IsEmpty());
}

TEST(JudgeTest, EndsTheGapThatGoesOnNow) {
  const auto days = days_of(kToday - 13, 13, kAllDay);
  const auto last = at(kToday, 0) - 1, now = at(kToday, 9);
  EXPECT_THAT(judged(kManagement, days, last, now).gaps, ElementsAre(TimeRange{last, now}));
}

TEST(JudgeTest, CutsGapsAtTheWindow) {
  // Silent for twenty days: the window of fourteen begins inside the gap.
  const auto days = days_of(kToday - 33, 14, kAllDay);
  const auto now = at(kToday, 5);
  const auto judgement = judged(kManagement, days, at(kToday - 20, 23), now);
  EXPECT_EQ(judgement.status, CoverageStatus::kSilent);
  EXPECT_THAT(judgement.gaps, ElementsAre(TimeRange{at(kToday - 13, 0), now}));
  // What ended before the window is not told.
  auto old = days_of(kToday - 30, 31, kAllDay);
  old.erase(old.begin() + 2, old.begin() + 5);
  EXPECT_THAT(judged(kManagement, old, at(kToday, 5), at(kToday, 5)).gaps, IsEmpty());
}

TEST(JudgeAccountTest, ExpectsManagementEventsOfRegisteredActiveAccounts) {
  const auto now = at(kToday, 0);
  EXPECT_EQ(judge_account({false, true, {}}, now), CoverageStatus::kOk) << "not registered";
  EXPECT_EQ(judge_account({true, false, {}}, now), CoverageStatus::kOk) << "closed";
  EXPECT_EQ(judge_account({true, true, {}}, now), CoverageStatus::kNever);
  EXPECT_EQ(judge_account({true, true, now - 3 * kMicrosPerDay}, now), CoverageStatus::kOk);
  EXPECT_EQ(judge_account({true, true, now - 3 * kMicrosPerDay - 1}, now), CoverageStatus::kSilent);
}

TEST(JudgeAccountTest, KnowsActiveAccounts) {
  for (const auto* status : {"ACTIVE", "active", "Active"}) EXPECT_TRUE(is_active_account(std::string(status)));
  EXPECT_TRUE(is_active_account(std::nullopt));
  for (const auto* status : {"SUSPENDED", "PENDING_CLOSURE", "CLOSED", "activ", "active "})
    EXPECT_FALSE(is_active_account(std::string(status))) << status;
}

}  // namespace
}  // namespace backtrail::query
