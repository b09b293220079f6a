// Entities: from what people type to what is known of them, inside the caller's accounts.
#include <algorithm>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "query/entity/activity.hpp"
#include "query/entity/entity_profile.hpp"
#include "query/entity/entity_search.hpp"
#include "tests/db/event_seed.hpp"

namespace backtrail::query {
namespace {

using backtrail::testing::EventSeed;
using backtrail::testing::Record;
using backtrail::testing::time_of;
using schema::AccountScope;
using schema::Code;
using schema::EntityKind;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

const std::string kWeb = "111122223333", kAudit = "444455556666", kOther = "777788889999";
const std::string kAlice = "AIDAEXAMPLEALICE0001", kRole = "AROAEXAMPLEWEB000001", kInstance = "i-0dbc91f429e48eeed";
const schema::TimeRange kNovember{time_of("2026-11-01T00:00:00Z"), time_of("2026-12-01T00:00:00Z")};

std::string id_of(int n) {
  return fmt::format("00000000-0000-4000-8000-{:012x}", n);
}

class EntityTest : public ::testing::Test {
 protected:
  EntityTest() {
    Record alice;
    alice.event_id = id_of(1);
    alice.time = "2026-11-18T10:00:00Z";
    Record denied = alice;
    denied.event_id = id_of(2);
    denied.time = "2026-11-19T10:00:00Z";
    denied.error_code = "AccessDenied";
    denied.region = "us-east-1";
    denied.ip = "203.0.113.9";
    Record session;
    session.event_id = id_of(3);
    session.time = "2026-11-20T10:00:00Z";
    session.account = kAudit;
    session.identity = Record::role(kRole, "web-role", kInstance, kAudit, "ASIAEXAMPLEROLE00001");
    session.request["bucketName"] = "logs";
    session.extra["userIdentity"] = session.identity;
    Record made;  // somebody assumes the role: the role is named by the event
    made.event_id = id_of(4);
    made.time = "2026-11-20T09:00:00Z";
    made.account = kAudit;
    made.service = "sts.amazonaws.com";
    made.api = "AssumeRole";
    made.response["assumedRoleUser"]["assumedRoleId"] = kRole + ":" + kInstance;
    Record foreign;
    foreign.event_id = id_of(5);
    foreign.account = kOther;
    foreign.identity = Record::user("AIDAEXAMPLEMALLORY01", "mallory_100%", kOther, "AKIAEXAMPLEMALLORY01");
    seed_.add_all({alice.json(), denied.json(), session.json(), made.json(), foreign.json()});
  }

  std::vector<FoundEntity> search(const std::string& text, std::optional<EntityKind> kind = {},
                                  const AccountScope& scope = AccountScope::all()) {
    const auto found = entity_search(seed_.warehouse(), scope, text, kind);
    EXPECT_TRUE(found.has_value()) << (found ? "" : found.error().detail);
    return found ? *found : std::vector<FoundEntity>{};
  }
  std::vector<std::string> keys(const std::string& text, std::optional<EntityKind> kind = {},
                                const AccountScope& scope = AccountScope::all()) {
    std::vector<std::string> keys;
    for (const auto& found : search(text, kind, scope))
      keys.push_back(std::string(name_of(found.entity.kind)) + ":" + found.entity.key);
    return keys;
  }
  EntityProfile profile(EntityKind kind, const std::string& key, const AccountScope& scope = AccountScope::all(),
                        const schema::TimeRange& range = kNovember) {
    const auto found = entity_profile(seed_.warehouse(), scope, {kind, key, {}}, range);
    EXPECT_TRUE(found.has_value()) << (found ? "" : found.error().detail);
    return found ? *found : EntityProfile{};
  }
  static std::vector<std::string> values(const std::vector<ValueCount>& counts) {
    std::vector<std::string> values;
    for (const auto& count : counts) values.push_back(count.value);
    return values;
  }
  static std::map<std::string, std::string> facts(const EntityProfile& profile) {
    std::map<std::string, std::string> facts;
    for (const auto& fact : profile.facts) facts[fact.label] = fact.value;
    return facts;
  }

  EventSeed seed_;
};

TEST_F(EntityTest, FindsNamesInsideAndWhateverTheirCase) {
  EXPECT_THAT(keys("alice"), Contains("principal:" + kAlice));
  EXPECT_THAT(keys("ALI"), Contains("principal:" + kAlice));
  EXPECT_THAT(keys("web-ro"), Contains("principal:" + kRole));
  EXPECT_THAT(keys("  logs\n"), Contains("resource:arn:aws:s3:::logs"));
  EXPECT_THAT(keys("198.51"), ElementsAre("ip_address:198.51.100.7"));
  EXPECT_THAT(keys("nobody-at-all"), IsEmpty());
}

TEST_F(EntityTest, TakesPatternsLiterally) {
  EXPECT_THAT(keys("y_100%"), ElementsAre("principal:AIDAEXAMPLEMALLORY01"));
  EXPECT_THAT(keys("%"), ElementsAre("principal:AIDAEXAMPLEMALLORY01"));
  EXPECT_THAT(keys("\\"), IsEmpty());
  EXPECT_THAT(keys("'"), IsEmpty());
}

TEST_F(EntityTest, SearchesOneKindOnly) {
  for (const auto& key : keys("a", EntityKind::kPrincipal)) EXPECT_THAT(key, ::testing::StartsWith("principal:"));
  EXPECT_THAT(keys("alice", EntityKind::kInstance), IsEmpty());
}

TEST_F(EntityTest, ExactFormsAreFoundAlsoWhenNeverSeen) {
  EXPECT_THAT(keys("AKIAEXAMPLENOBODY001"), ElementsAre("access_key:AKIAEXAMPLENOBODY001"));
  EXPECT_THAT(keys("i-0ffffffffffffffff"), ElementsAre("instance:i-0ffffffffffffffff"));
  EXPECT_THAT(keys("192.0.2.77"), ElementsAre("ip_address:192.0.2.77"));
  EXPECT_THAT(keys("123456789012"), ElementsAre("account:123456789012"));
  EXPECT_THAT(keys("arn:aws:iam::111122223333:user/nobody"),
              ElementsAre("resource:arn:aws:iam::111122223333:user/nobody"));
  EXPECT_THAT(keys("AROAEXAMPLENOBODY001:x"),
              ElementsAre("role_session:AROAEXAMPLENOBODY001:x", "principal:AROAEXAMPLENOBODY001"));
  EXPECT_THAT(keys("curl/8", EntityKind::kUserAgent), ElementsAre("user_agent:curl/8"));
  for (const auto& found : search("AKIAEXAMPLENOBODY001")) EXPECT_EQ(found.last_seen_us, std::nullopt);
}

TEST_F(EntityTest, SaysWhenItWasLastSeenByOrOn) {
  const auto last = [&](const std::string& text) {
    const auto found = search(text);
    return found.empty() ? std::nullopt : found.front().last_seen_us;
  };
  EXPECT_EQ(last("AKIAEXAMPLEALICE0001"), time_of("2026-11-20T09:00:00Z"));
  EXPECT_EQ(last(kRole), time_of("2026-11-20T10:00:00Z"));
  EXPECT_EQ(last("arn:aws:s3:::logs"), time_of("2026-11-20T10:00:00Z"));
  EXPECT_EQ(last("203.0.113.9"), time_of("2026-11-19T10:00:00Z"));
  EXPECT_EQ(last("aws-cli/2.15"), std::nullopt) << "a user agent is searched by kind";
  EXPECT_NE(search("aws-cli/2.15", EntityKind::kUserAgent).front().last_seen_us, std::nullopt);
}

TEST_F(EntityTest, SearchStaysInTheCallersAccounts) {
  const auto scope = AccountScope::of({kWeb}).value();
  EXPECT_THAT(keys("mallory", {}, scope), IsEmpty());
  EXPECT_THAT(keys("web-role", {}, scope), IsEmpty());
  EXPECT_THAT(keys("alice", {}, scope), Not(IsEmpty()));
  const auto key = search("ASIAEXAMPLEROLE00001", {}, scope);
  ASSERT_THAT(key, SizeIs(1));
  EXPECT_EQ(key[0].last_seen_us, std::nullopt) << "the same as a key that nobody has";
}

TEST_F(EntityTest, RefusesEmptyAndOverlongTexts) {
  for (const std::string& text : {std::string(), std::string(" \t"), std::string(kSearchTextMaxBytes + 1, 'x')}) {
    const auto found = entity_search(seed_.warehouse(), AccountScope::all(), text, {});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Code::kBadParameter);
  }
  EXPECT_THAT(keys(std::string(kSearchTextMaxBytes, 'x')), IsEmpty());
}

TEST_F(EntityTest, GivesAtMostSoMany) {
  std::vector<std::string> records;
  for (std::size_t n = 0; n <= kFoundEntitiesMax; ++n) {
    Record record;
    record.event_id = id_of(100 + static_cast<int>(n));
    record.request["bucketName"] = fmt::format("many-{}", n);
    records.push_back(record.json());
  }
  seed_.add_all(records);
  EXPECT_THAT(keys("many-"), SizeIs(kFoundEntitiesMax));
  EXPECT_EQ(keys("MANY-7").front(), "resource:arn:aws:s3:::many-7") << "exact before longer";
}

TEST_F(EntityTest, ProfileOfAPrincipal) {
  const auto alice = profile(EntityKind::kPrincipal, kAlice);
  EXPECT_EQ(alice.entity.name, "alice");
  EXPECT_EQ(alice.direction, schema::Direction::kBy);
  EXPECT_EQ(alice.groups.totals, (OutcomeCounts{2, 1, 0}));
  EXPECT_EQ(alice.first_seen_us, time_of("2026-11-18T10:00:00Z"));
  EXPECT_EQ(alice.last_seen_us, time_of("2026-11-20T09:00:00Z"));
  EXPECT_THAT(values(alice.groups.accounts), ::testing::UnorderedElementsAre(kWeb, kAudit));
  EXPECT_THAT(values(alice.groups.regions), ::testing::UnorderedElementsAre("eu-west-1", "us-east-1"));
  EXPECT_THAT(values(alice.groups.access_keys), ElementsAre("AKIAEXAMPLEALICE0001"));
  EXPECT_THAT(values(alice.groups.ip_addresses), ElementsAre("198.51.100.7", "203.0.113.9"));
  EXPECT_THAT(alice.groups.apis.front(), (ApiCount{"s3.amazonaws.com", "GetObject", {1, 1, 0}}));
  EXPECT_THAT(facts(alice), Contains(Pair("Identity type", "IAMUser")));
  EXPECT_THAT(facts(alice), Contains(Pair("Last call", "sts.amazonaws.com AssumeRole")));
  EXPECT_EQ(alice.account_id, kWeb);
}

TEST_F(EntityTest, ProfileCountsWhatWasDoneToItApart) {
  const auto role = profile(EntityKind::kPrincipal, kRole);
  EXPECT_EQ(role.entity.name, "web-role");
  EXPECT_EQ(role.groups.totals.total(), 1U);
  EXPECT_EQ(role.named_total, 1U);
  EXPECT_EQ(role.first_seen_us, time_of("2026-11-20T09:00:00Z")) << "named before it acted";
  EXPECT_THAT(values(role.groups.sessions), ElementsAre(kRole + ":" + kInstance));
  const auto instance = profile(EntityKind::kInstance, kInstance);
  EXPECT_EQ(instance.groups.totals.total(), 1U);
  EXPECT_EQ(instance.named_total, 1U);
  EXPECT_THAT(facts(instance), Contains(Pair("Principal", "web-role")));
  const auto session = profile(EntityKind::kRoleSession, kRole + ":" + kInstance);
  EXPECT_THAT(facts(session), Contains(Pair("Instance", kInstance)));
}

TEST_F(EntityTest, ProfileOfAThingIsWhatWasDoneToIt) {
  const auto bucket = profile(EntityKind::kResource, "arn:aws:s3:::logs");
  EXPECT_EQ(bucket.direction, schema::Direction::kOn);
  EXPECT_EQ(bucket.groups.totals.total(), 1U);
  EXPECT_EQ(bucket.named_total, 1U);
  EXPECT_THAT(values(bucket.groups.principals), ElementsAre(kRole));
  EXPECT_EQ(bucket.groups.principals.front().name, "web-role");
}

TEST_F(EntityTest, ProfileOfAnAccountIsWhatHappenedInIt) {
  seed_.admin_exec("UPDATE account SET name = 'audit' WHERE account_id = '" + kAudit + "'");
  const auto audit = profile(EntityKind::kAccount, kAudit);
  EXPECT_EQ(audit.groups.totals.total(), 2U);
  EXPECT_EQ(audit.first_seen_us, time_of("2026-11-20T09:00:00Z"));
  EXPECT_THAT(audit.account_names, ElementsAre(::testing::Optional(std::string("audit"))));
}

TEST_F(EntityTest, ProfileTotalsEqualTheActivity) {
  const std::vector<std::pair<EntityKind, std::string>> entities{{EntityKind::kPrincipal, kAlice},
                                                                 {EntityKind::kPrincipal, kRole},
                                                                 {EntityKind::kAccessKey, "AKIAEXAMPLEALICE0001"},
                                                                 {EntityKind::kIpAddress, "198.51.100.7"},
                                                                 {EntityKind::kUserAgent, "aws-cli/2.15"},
                                                                 {EntityKind::kInstance, kInstance},
                                                                 {EntityKind::kResource, "arn:aws:s3:::logs"},
                                                                 {EntityKind::kAccount, kWeb}};
  for (const auto& [kind, key] : entities) {
    const auto found = profile(kind, key);
    const std::vector<Parameter> asked{{"entity", std::string(name_of(kind)) + ":" + key},
                                       {"direction", std::string(name_of(found.direction))},
                                       {"from", "2026-11-01"},
                                       {"to", "2026-12-01"}};
    const auto page = activity(seed_.warehouse(), AccountScope::all(), *parse_event_filter(asked, 0), 50, "");
    ASSERT_TRUE(page.has_value());
    EXPECT_EQ(found.groups.totals.total(), page->total) << name_of(kind);
    EXPECT_GT(page->total, 0U) << name_of(kind);
  }
}

TEST_F(EntityTest, ProfileRangeLimitsCountsButNotFirstAndLast) {
  const auto alice = profile(EntityKind::kPrincipal, kAlice, AccountScope::all(),
                             {time_of("2026-11-19T00:00:00Z"), time_of("2026-11-20T00:00:00Z")});
  EXPECT_EQ(alice.groups.totals, (OutcomeCounts{0, 1, 0}));
  EXPECT_EQ(alice.first_seen_us, time_of("2026-11-18T10:00:00Z"));
}

TEST_F(EntityTest, ProfileHasTheFindingsThatNameIt) {
  schema::Finding finding;
  finding.identity = {kWeb, "guardduty/eu-west-1", "one"};
  finding.region = "eu-west-1";
  finding.product = "GuardDuty";
  finding.type = "Recon:IAMUser/MaliciousIPCaller";
  finding.title = finding.description = "A call";
  finding.first_seen_us = finding.last_seen_us = finding.created_us = finding.updated_us =
      time_of("2026-11-20T10:00:00Z");
  finding.entities.push_back({{EntityKind::kPrincipal, kAlice, "alice"}, schema::FindingRole::kActor, ""});
  seed_.add_finding(finding);
  EXPECT_THAT(profile(EntityKind::kPrincipal, kAlice).findings, SizeIs(1));
  EXPECT_THAT(profile(EntityKind::kPrincipal, kRole).findings, IsEmpty());
  EXPECT_THAT(profile(EntityKind::kPrincipal, kAlice, AccountScope::of({kOther}).value()).findings, IsEmpty());
}

TEST_F(EntityTest, AForeignEntityHasTheProfileOfAnUnknownOne) {
  const auto scope = AccountScope::of({kWeb}).value();
  for (const auto& found : {profile(EntityKind::kPrincipal, "AIDAEXAMPLEMALLORY01", scope),
                            profile(EntityKind::kPrincipal, "AIDAEXAMPLENOBODY001", scope)}) {
    EXPECT_EQ(found.entity.name, "");
    EXPECT_EQ(found.account_id, std::nullopt);
    EXPECT_EQ(found.first_seen_us, std::nullopt);
    EXPECT_EQ(found.groups.totals.total(), 0U);
    EXPECT_EQ(found.named_total, 0U);
    EXPECT_THAT(found.facts, IsEmpty());
    EXPECT_THAT(found.findings, IsEmpty());
  }
}

TEST(RecognisedEntitiesTest, KnowsFormsAndNothingElse) {
  const auto kinds = [](std::string_view text) {
    std::vector<EntityKind> found;
    for (const auto& entity : recognised_entities(text)) found.push_back(entity.kind);
    return found;
  };
  EXPECT_THAT(kinds("AKIAEXAMPLE000000001"), ElementsAre(EntityKind::kAccessKey));
  EXPECT_THAT(kinds("ASIAEXAMPLE000000001"), ElementsAre(EntityKind::kAccessKey));
  EXPECT_THAT(kinds("i-0123456789abcdef0"), ElementsAre(EntityKind::kInstance));
  EXPECT_THAT(kinds("2001:db8::1"), ElementsAre(EntityKind::kIpAddress));
  EXPECT_THAT(kinds("AIDAEXAMPLE000000001"), ElementsAre(EntityKind::kPrincipal));
  EXPECT_THAT(kinds("AROAEXAMPLE000000001:s"), ElementsAre(EntityKind::kRoleSession, EntityKind::kPrincipal));
  for (const std::string_view text :
       {"", "alice", "i-xyz", "AIDA", "12345678901", "1234567890123", "AROAEXAMPLE000000001:", "10.0.0.256"})
    EXPECT_THAT(kinds(text), IsEmpty()) << text;
}

}  // namespace
}  // namespace backtrail::query
