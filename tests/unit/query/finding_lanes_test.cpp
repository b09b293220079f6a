// From a finding to its activity: which lanes, in which order, over which interval.
#include "query/findings/finding_lanes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace backtrail::query {
namespace {

using schema::EntityKind;
using schema::FindingRole;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kHour = schema::kMicrosPerHour, kDay = schema::kMicrosPerDay, kSecond = schema::kMicrosPerSecond;
constexpr std::int64_t kNow = 20'000 * kDay;

MentionedEntity entity(FindingRole role, EntityKind kind, std::string key, std::string name = "",
                       std::int64_t seen = 0) {
  return {{kind, std::move(key), std::move(name)}, role, "", seen, seen};
}

// "label kind:key by on"
std::vector<std::string> texts(const std::vector<Lane>& lanes) {
  std::vector<std::string> out;
  for (const auto& lane : lanes)
    out.push_back(lane.label + " | " + std::string(name_of(lane.entity.kind)) + ":" + lane.entity.key +
                  (lane.by ? " by" : "") + (lane.on ? " on" : ""));
  return out;
}

TEST(FindingLanesTest, StartWithTheKeyOfAUser) {
  const auto lanes =
      lanes_of("AccessKey", "Recon",
               {entity(FindingRole::kActor, EntityKind::kPrincipal, "AIDAX", "alice"),
                entity(FindingRole::kActor, EntityKind::kAccessKey, "AKIAX"),
                entity(FindingRole::kRemote, EntityKind::kIpAddress, "198.51.100.7"),
                entity(FindingRole::kRelated, EntityKind::kResource, "arn:aws:iam::111122223333:user/alice")});
  EXPECT_THAT(texts(lanes), ElementsAre("This access key | access_key:AKIAX by on", "This user | principal:AIDAX by on",
                                        "This remote IP | ip_address:198.51.100.7 by",
                                        "Changes to the user | resource:arn:aws:iam::111122223333:user/alice on"));
}

TEST(FindingLanesTest, StartWithTheExactSessionOfAnInstance) {
  const auto lanes = lanes_of("AccessKey", "UnauthorizedAccess",
                              {entity(FindingRole::kActor, EntityKind::kRoleSession, "AROAX:i-0123456789abcdef0"),
                               entity(FindingRole::kActor, EntityKind::kPrincipal, "AROAX", "web-role"),
                               entity(FindingRole::kActor, EntityKind::kAccessKey, "ASIAX"),
                               entity(FindingRole::kRemote, EntityKind::kIpAddress, "198.51.100.7"),
                               entity(FindingRole::kRelated, EntityKind::kInstance, "i-0123456789abcdef0")});
  EXPECT_THAT(
      texts(lanes),
      ElementsAre("This session | role_session:AROAX:i-0123456789abcdef0 by on",
                  "This instance | instance:i-0123456789abcdef0 by on", "This access key | access_key:ASIAX by on",
                  "The whole role | principal:AROAX by on", "This remote IP | ip_address:198.51.100.7 by"));
}

TEST(FindingLanesTest, DoNotTakeASessionNameForAnInstance) {
  const auto lanes = lanes_of("AccessKey", "Recon",
                              {entity(FindingRole::kActor, EntityKind::kRoleSession, "AROAX:i-love-aws"),
                               entity(FindingRole::kActor, EntityKind::kPrincipal, "AROAX")});
  EXPECT_THAT(texts(lanes), ElementsAre("This session | role_session:AROAX:i-love-aws by on",
                                        "The whole role | principal:AROAX by on"));
}

TEST(FindingLanesTest, StartWithTheInstanceOfAFindingAboutIt) {
  const auto lanes = lanes_of("Instance", "CryptoCurrency",
                              {entity(FindingRole::kTarget, EntityKind::kInstance, "i-0123456789abcdef0"),
                               entity(FindingRole::kRemote, EntityKind::kIpAddress, "198.51.100.7", "", 5),
                               entity(FindingRole::kRelated, EntityKind::kAccessKey, "AKIAX")});
  EXPECT_THAT(texts(lanes), ElementsAre("This instance | instance:i-0123456789abcdef0 by on",
                                        "This remote IP | ip_address:198.51.100.7 by"));
}

TEST(FindingLanesTest, PutTheActorBeforeTheBucket) {
  const auto lanes = lanes_of("S3Bucket", "Exfiltration",
                              {entity(FindingRole::kActor, EntityKind::kPrincipal, "AIDAX", "alice"),
                               entity(FindingRole::kActor, EntityKind::kAccessKey, "AKIAX"),
                               entity(FindingRole::kTarget, EntityKind::kResource, "arn:aws:s3:::one"),
                               entity(FindingRole::kTarget, EntityKind::kResource, "arn:aws:s3:::two", "two")});
  EXPECT_THAT(texts(lanes),
              ElementsAre("This access key | access_key:AKIAX by on", "This user | principal:AIDAX by on",
                          "This bucket | resource:arn:aws:s3:::one on", "Bucket two | resource:arn:aws:s3:::two on"));
}

TEST(FindingLanesTest, ListAllActorsOfASequenceBeforeItsResources) {
  const auto lanes = lanes_of("AttackSequence", "AttackSequence",
                              {entity(FindingRole::kActor, EntityKind::kRoleSession, "AROAX:s1"),
                               entity(FindingRole::kActor, EntityKind::kPrincipal, "AROAX", "one"),
                               entity(FindingRole::kActor, EntityKind::kRoleSession, "AROAY:s2"),
                               entity(FindingRole::kActor, EntityKind::kPrincipal, "AROAY", "other"),
                               entity(FindingRole::kTarget, EntityKind::kResource, "arn:aws:s3:::b"),
                               entity(FindingRole::kTarget, EntityKind::kInstance, "i-0123456789abcdef0")});
  EXPECT_THAT(
      texts(lanes),
      ElementsAre("This session | role_session:AROAX:s1 by on", "Session AROAY:s2 | role_session:AROAY:s2 by on",
                  "The whole role | principal:AROAX by on", "Role other | principal:AROAY by on",
                  "This bucket | resource:arn:aws:s3:::b on", "This instance | instance:i-0123456789abcdef0 by on"));
}

TEST(FindingLanesTest, ShowTheNewestRemoteAddressesUpToTheLimit) {
  std::vector<MentionedEntity> entities;
  for (int i = 0; i <= static_cast<int>(kRemoteLanesMax); ++i)
    entities.push_back(entity(FindingRole::kRemote, EntityKind::kIpAddress, "198.51.100." + std::to_string(i), "", i));
  const auto lanes = texts(lanes_of("Instance", "Recon", entities));
  ASSERT_EQ(lanes.size(), kRemoteLanesMax);
  EXPECT_EQ(lanes.front(), "This remote IP | ip_address:198.51.100.5 by");
  EXPECT_EQ(lanes.back(), "Remote IP 198.51.100.1 | ip_address:198.51.100.1 by");
}

TEST(FindingLanesTest, StopAtTheirLimit) {
  std::vector<MentionedEntity> entities;
  for (std::size_t i = 0; i <= kLanesMax; ++i)
    entities.push_back(entity(FindingRole::kTarget, EntityKind::kResource, "arn:aws:s3:::b" + std::to_string(i)));
  EXPECT_EQ(lanes_of("S3Bucket", "Policy", entities).size(), kLanesMax);
  entities.resize(kLanesMax);
  EXPECT_EQ(lanes_of("S3Bucket", "Policy", entities).size(), kLanesMax);
  entities.resize(kLanesMax - 1);
  EXPECT_EQ(lanes_of("S3Bucket", "Policy", entities).size(), kLanesMax - 1);
}

TEST(FindingLanesTest, TakeTheWholeAccountForASettingOfIt) {
  EXPECT_THAT(texts(lanes_of("AwsAccount", "Software and Configuration Checks",
                             {entity(FindingRole::kTarget, EntityKind::kAccount, "111122223333")})),
              ElementsAre("This account | account:111122223333 by on"));
}

TEST(FindingLanesTest, AreNoneWhenNothingWasNamed) {
  EXPECT_THAT(lanes_of("", "", {}), IsEmpty());
}

TEST(FindingScopeTest, StartsAnHourBeforeAndEndsADayAfter) {
  const auto first = kNow - 3 * kDay, last = first + kHour;
  EXPECT_EQ(scope_of(first, last, kNow), (schema::TimeRange{first - kHour, last + kDay}));
}

TEST(FindingScopeTest, EndsNowForAFreshFinding) {
  const auto first = kNow - 2 * kHour;
  EXPECT_EQ(scope_of(first, kNow - kHour, kNow), (schema::TimeRange{first - kHour, kNow}));
}

TEST(FindingScopeTest, IsSevenDaysLongButNoLonger) {
  const auto last = kNow - 2 * kDay;
  const auto first = last + kDay - kScopeMaxUs + kHour;
  EXPECT_EQ(scope_of(first, last, kNow), (schema::TimeRange{last + kDay - kScopeMaxUs, last + kDay}));
  EXPECT_EQ(scope_of(first - kSecond, last, kNow), (schema::TimeRange{last - kHour, last + kDay}));
}

TEST(FindingScopeTest, HoldsTheLastOccurrenceAndTheLastDay) {
  const auto last = kNow - 10 * kHour;
  EXPECT_EQ(scope_of(last - 30 * kDay, last, kNow), (schema::TimeRange{kNow - kDay, kNow}));
}

TEST(FindingScopeTest, IsWholeSecondsThatHoldTheFinding) {
  const auto first = kNow - kDay * 3 + 123, last = first + kSecond;
  const auto scope = scope_of(first, last, kNow);
  EXPECT_EQ(scope.from_us, first - 123 - kHour);
  EXPECT_EQ(scope.to_us, last - 123 + kDay + kSecond);
}

TEST(FindingScopeTest, KeepsTheWindowOfAFindingThatLiesAheadOfOurClock) {
  const auto first = kNow + 2 * kHour;
  const auto scope = scope_of(first, first, kNow);
  EXPECT_EQ(scope, (schema::TimeRange{first - kHour, first + kSecond}));
  EXPECT_EQ(window_of(first, first), (schema::TimeRange{first, first + kSecond}));
}

TEST(AccountOfEntityTest, IsReadFromKeysThatSayIt) {
  const auto of = [](EntityKind kind, const std::string& key) { return account_of({kind, key, ""}); };
  EXPECT_EQ(of(EntityKind::kAccount, "111122223333"), "111122223333");
  EXPECT_EQ(of(EntityKind::kPrincipal, "111122223333:root"), "111122223333");
  EXPECT_EQ(of(EntityKind::kPrincipal, "account:111122223333"), "111122223333");
  EXPECT_EQ(of(EntityKind::kPrincipal, "arn:aws:iam::111122223333:user/x"), "111122223333");
  EXPECT_EQ(of(EntityKind::kResource, "arn:aws:s3:::bucket"), std::nullopt);
  EXPECT_EQ(of(EntityKind::kResource, "arn:aws"), std::nullopt);
  EXPECT_EQ(of(EntityKind::kPrincipal, "AIDAX"), std::nullopt);
  EXPECT_EQ(of(EntityKind::kPrincipal, "11112222333:root"), std::nullopt);
}

}  // namespace
}  // namespace backtrail::query
