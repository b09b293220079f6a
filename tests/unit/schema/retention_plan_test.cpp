#include <algorithm>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "schema/core/time.hpp"
#include "schema/retention/retention.hpp"

namespace backtrail::schema {
namespace {

constexpr std::int32_t kToday = 20'000;
constexpr std::array kClasses{EventClass::kManagement, EventClass::kData, EventClass::kInsight,
                              EventClass::kNetworkActivity};

RetentionRules rules(std::optional<int> management, std::optional<int> data, std::optional<int> insight,
                     std::optional<int> network) {
  return {{"event_management", management},
          {"event_data", data},
          {"event_insight", insight},
          {"event_network_activity", network}};
}
RetentionRules all(std::optional<int> days) {
  return rules(days, days, days, days);
}

TEST(FirstKeptDayTest, IsTodayMinusTheDays) {
  EXPECT_EQ(first_kept_day(all(90), EventClass::kData, kToday), kToday - 90);
  EXPECT_EQ(first_kept_day(rules(1, 2, 3, 4), EventClass::kManagement, kToday), kToday - 1);
  EXPECT_EQ(first_kept_day(rules(1, 2, 3, 4), EventClass::kNetworkActivity, kToday), kToday - 4);
  EXPECT_FALSE(first_kept_day(all({}), EventClass::kData, kToday).has_value());
  EXPECT_FALSE(first_kept_day({}, EventClass::kData, kToday).has_value()) << "no rule is no reason to delete";
}

TEST(RetentionPlanTest, DropsADayWhenEveryClassExpired) {
  const std::int32_t first_kept = kToday - 90;
  const DayRange expired{first_kept - 1, first_kept}, kept{first_kept, first_kept + 1};
  const auto plan = plan_event_retention(all(90), {expired, kept}, kToday);
  EXPECT_EQ(plan.drop, std::vector<DayRange>{expired});
  EXPECT_TRUE(plan.expire.empty());
}

TEST(RetentionPlanTest, DeletesRowsOfTheClassesThatExpired) {
  const DayRange day{kToday - 50, kToday - 49};
  const auto plan = plan_event_retention(rules(90, 30, 50, 49), {day}, kToday);
  EXPECT_TRUE(plan.drop.empty());
  EXPECT_EQ(plan.expire,
            (std::vector<EventExpiry>{{day, EventClass::kData, day.to}, {day, EventClass::kNetworkActivity, day.to}}));
}

TEST(RetentionPlanTest, CutsAPartitionThatSpansTheLimit) {
  const DayRange year{kToday - 400, kToday - 80};
  const auto plan = plan_event_retention(all(90), {year}, kToday);
  EXPECT_TRUE(plan.drop.empty());
  ASSERT_EQ(plan.expire.size(), kClasses.size());
  for (const auto& expiry : plan.expire) EXPECT_EQ(expiry.before_day, kToday - 90);
}

TEST(RetentionPlanTest, ForEverKeepsThePartitionButOnlyOfItsClass) {
  const DayRange old{kToday - 4000, kToday - 3999};
  EXPECT_TRUE(plan_event_retention(all({}), {old}, kToday).drop.empty());
  EXPECT_TRUE(plan_event_retention(all({}), {old}, kToday).expire.empty());
  const auto plan = plan_event_retention(rules(90, 90, {}, 90), {old}, kToday);
  EXPECT_TRUE(plan.drop.empty());
  EXPECT_EQ(plan.expire.size(), 3U);
}

// Whatever the rules: a row is deleted exactly when its own rule says so.
TEST(RetentionPlanTest, DeletesExactlyWhatTheRulesSay) {
  EXPECT_TRUE(rc::check("any rules and partitions", [] {
    const auto days = [] { return *rc::gen::maybe(rc::gen::inRange(1, 200)); };
    const auto to_optional = [](const rc::Maybe<int>& value) {
      return value ? std::optional<int>(*value) : std::nullopt;
    };
    const RetentionRules chosen =
        rules(to_optional(days()), to_optional(days()), to_optional(days()), to_optional(days()));
    std::vector<DayRange> partitions;
    for (std::int32_t day = kToday - 300; day < kToday;) {
      const auto width = *rc::gen::inRange(1, 60);
      partitions.push_back({day, day + width});
      day += width;
    }
    const RetentionPlan plan = plan_event_retention(chosen, partitions, kToday);
    for (const DayRange& partition : partitions) {
      const bool dropped = std::count(plan.drop.begin(), plan.drop.end(), partition) == 1;
      for (const EventClass event_class : kClasses) {
        const auto first_kept = first_kept_day(chosen, event_class, kToday);
        for (std::int32_t day = partition.from; day < partition.to; ++day) {
          const bool deleted =
              dropped || std::any_of(plan.expire.begin(), plan.expire.end(), [&](const EventExpiry& e) {
                return e.partition == partition && e.event_class == event_class && day < e.before_day;
              });
          RC_ASSERT(deleted == (first_kept && day < *first_kept));
        }
      }
    }
  }));
}

// --- holds

HeldDays held(std::string account_id, std::int32_t from, std::int32_t to) {
  return {std::move(account_id), {from, to}};
}

TEST(RetentionHoldTest, APartitionWithHeldDaysGoesByRows) {
  const DayRange day{kToday - 95, kToday - 94};
  const auto one = plan_event_retention(all(90), {day}, kToday, {held("111122223333", kToday - 95, kToday - 94)});
  EXPECT_TRUE(one.drop.empty());
  EXPECT_EQ(one.expire.size(), kEventClasses.size()) << "other accounts' rows go";
  for (const auto& other : {held("", kToday - 96, kToday - 95), held("", kToday - 94, kToday - 93)})
    EXPECT_EQ(plan_event_retention(all(90), {day}, kToday, {other}).drop.size(), 1U) << "beside it";
}

TEST(RetentionHoldTest, WhatIsHeldForAllAccountsIsNotLookedAt) {
  const DayRange day{kToday - 95, kToday - 94}, year{kToday - 900, kToday - 600};
  const std::vector<HeldDays> days{held("", kToday - 800, kToday - 90)};
  const auto plan = plan_event_retention(all(90), {day, year}, kToday, days);
  EXPECT_TRUE(plan.drop.empty());
  EXPECT_EQ(plan.expire.size(), kEventClasses.size()) << "the year's other days";
}

TEST(RetentionHoldTest, DaysAreHalfOpenAndFindingsOverlap) {
  const std::vector<HeldDays> days{held("111122223333", 10, 12)};
  EXPECT_FALSE(holds_day(days, "111122223333", 9));
  EXPECT_TRUE(holds_day(days, "111122223333", 10));
  EXPECT_TRUE(holds_day(days, "111122223333", 11));
  EXPECT_FALSE(holds_day(days, "111122223333", 12));
  EXPECT_FALSE(holds_day(days, "444455556666", 10));
  EXPECT_FALSE(holds_day(days, "", 10));
  EXPECT_TRUE(holds_day({held("", 10, 12)}, "", 10));
  EXPECT_FALSE(holds_finding(days, "111122223333", {}, 5, 9));
  EXPECT_TRUE(holds_finding(days, "111122223333", {}, 5, 10));
  EXPECT_TRUE(holds_finding(days, "111122223333", {}, 11, 20));
  EXPECT_FALSE(holds_finding(days, "111122223333", {}, 12, 20));
  Uuid uid;
  uid.bytes[3] = 1;
  const std::vector<HeldDays> finding{{"111122223333", {10, 12}, uid}};
  EXPECT_TRUE(holds_finding(finding, "111122223333", uid, 50, 60));
  EXPECT_FALSE(holds_finding(finding, "444455556666", uid, 50, 60));
}

}  // namespace
}  // namespace backtrail::schema
