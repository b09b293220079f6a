#include "ingest/admission.hpp"

#include <gtest/gtest.h>

namespace backtrail::ingest {
namespace {

using schema::AccountScope;
using schema::ApiEvent;
using schema::EventClass;
using schema::Finding;
using schema::kMicrosPerDay;

constexpr std::int64_t kNowUs = 1'793'707'200 * schema::kMicrosPerSecond;  // noon

const schema::RetentionRules kNinetyDays{{"finding", 90},       {"event_management", 90},       {"event_data", 30},
                                         {"event_insight", 90}, {"event_network_activity", {}}, {"quarantine", 90}};

ApiEvent event_at(std::int64_t time_us, EventClass event_class = EventClass::kManagement) {
  ApiEvent event;
  event.account_id = "111122223333";
  event.event_time_us = time_us;
  event.event_class = event_class;
  return event;
}

Finding finding_seen(std::int64_t last_seen_us) {
  Finding finding;
  finding.identity.account_id = "111122223333";
  finding.last_seen_us = last_seen_us;
  return finding;
}

// The reason, or "stored".
template <class Record>
std::string verdict(const Record& record, const AccountScope& scope = AccountScope::all(),
                    const schema::RetentionRules& rules = kNinetyDays) {
  const auto refused = refuse(record, {&scope, &rules, kNowUs});
  return refused ? refused->detail.substr(0, refused->detail.find(':')) : "stored";
}

TEST(AdmissionTest, AKeyWritesForItsAccountsOnly) {
  const auto own = *AccountScope::of({"111122223333", "999900001111"}), other = *AccountScope::of({"444455556666"});
  EXPECT_EQ(verdict(event_at(kNowUs), own), "stored");
  EXPECT_EQ(verdict(event_at(kNowUs), other), "account_mismatch");
  EXPECT_EQ(verdict(event_at(kNowUs), AccountScope::none()), "account_mismatch");
  EXPECT_EQ(verdict(finding_seen(kNowUs), own), "stored");
  EXPECT_EQ(verdict(finding_seen(kNowUs), other), "account_mismatch");
}

// The mismatch is what a person must hear of; an old or odd time must not hide it.
TEST(AdmissionTest, TheAccountIsLookedAtFirst) {
  const auto other = *AccountScope::of({"444455556666"});
  EXPECT_EQ(verdict(event_at(0), other), "account_mismatch");
  EXPECT_EQ(verdict(finding_seen(0), other), "account_mismatch");
}

TEST(AdmissionTest, EventsEndAtTheFirstDayThatIsKept) {
  const std::int64_t first_kept = schema::day_start(schema::day_of(kNowUs) - 90);
  EXPECT_EQ(verdict(event_at(first_kept)), "stored");
  EXPECT_EQ(verdict(event_at(first_kept - 1)), "too_old");
}

TEST(AdmissionTest, EveryClassHasItsOwnDays) {
  const std::int64_t first_kept = schema::day_start(schema::day_of(kNowUs) - 30);
  EXPECT_EQ(verdict(event_at(first_kept, EventClass::kData)), "stored");
  EXPECT_EQ(verdict(event_at(first_kept - 1, EventClass::kData)), "too_old");
  EXPECT_EQ(verdict(event_at(first_kept - 1, EventClass::kInsight)), "stored");
  EXPECT_EQ(verdict(event_at(0, EventClass::kNetworkActivity)), "stored") << "kept for ever";
}

TEST(AdmissionTest, FindingsEndAtTheMoment) {
  EXPECT_EQ(verdict(finding_seen(kNowUs - 90 * kMicrosPerDay)), "stored");
  EXPECT_EQ(verdict(finding_seen(kNowUs - 90 * kMicrosPerDay - 1)), "too_old");
  EXPECT_EQ(verdict(finding_seen(0), AccountScope::all(), {{"finding", std::nullopt}}), "stored");
}

TEST(AdmissionTest, TheFarFutureIsAMistake) {
  EXPECT_EQ(verdict(event_at(kNowUs + kFutureMaxUs)), "stored");
  EXPECT_EQ(verdict(event_at(kNowUs + kFutureMaxUs + 1)), "time");
}

TEST(AdmissionTest, WhatARefusalSaysHoldsNoRecordText) {
  const auto scope = *AccountScope::of({"444455556666"});
  EXPECT_EQ(refuse(event_at(kNowUs), {&scope, &kNinetyDays, kNowUs})->detail,
            "account_mismatch: the key may not write for account 111122223333");
}

TEST(AdmissionTest, WhatIsHeldIsStoredHoweverOld) {
  const std::int32_t day = schema::day_of(kNowUs) - 300;
  const std::vector<schema::HeldDays> held{{"111122223333", {day, day + 1}}};
  const AccountScope scope = AccountScope::all();
  const Admission admission{&scope, &kNinetyDays, kNowUs, &held};
  const std::int64_t at_us = schema::day_start(day) + 1;
  EXPECT_FALSE(refuse(event_at(at_us), admission));
  EXPECT_TRUE(refuse(event_at(at_us - kMicrosPerDay), admission));
  EXPECT_TRUE(refuse(event_at(at_us + kMicrosPerDay), admission));
  auto finding = finding_seen(at_us);
  finding.first_seen_us = at_us;
  EXPECT_FALSE(refuse(finding, admission));
  finding.identity.account_id = "444455556666";
  EXPECT_TRUE(refuse(finding, admission));
}

}  // namespace
}  // namespace backtrail::ingest
