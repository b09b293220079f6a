#include "query/event_reader/event_filter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "query/event_reader/event_reader.hpp"
#include "query/event_reader/merge.hpp"
#include "query/event_reader/row_question.hpp"

namespace backtrail::query {
namespace {

using schema::AccountScope;
using schema::Code;
using schema::EntityKind;
using schema::Outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;
using ::testing::StartsWith;

using List = std::vector<Parameter>;
constexpr std::int64_t kNow = 1'795'000'000 * schema::kMicrosPerSecond;

EventFilter parsed(const List& parameters) {
  auto filter = parse_event_filter(parameters, kNow);
  EXPECT_TRUE(filter.has_value()) << (filter ? "" : filter.error().detail);
  return filter ? *filter : EventFilter{};
}

void expect_refused(const List& parameters, const std::string& name, const std::string& part = "") {
  const auto filter = parse_event_filter(parameters, kNow);
  ASSERT_FALSE(filter) << name;
  EXPECT_EQ(filter.error().code, Code::kBadParameter);
  EXPECT_THAT(filter.error().detail, StartsWith(name + ": "));
  EXPECT_THAT(filter.error().detail, HasSubstr(part));
}

TEST(EventFilterTest, AsksForTheLastDayByDefault) {
  const auto filter = parsed({});
  EXPECT_EQ(filter.range, (schema::TimeRange{kNow - schema::kMicrosPerDay, kNow}));
  EXPECT_THAT(filter.entities, IsEmpty());
  EXPECT_FALSE(filter.outcomes);
}

TEST(EventFilterTest, ReadsEveryParameter) {
  const auto filter = parsed({{"principal", "AIDAEXAMPLE000000001"},
                              {"entity", "resource:arn:aws:s3:::logs"},
                              {"entity", "!user_agent:Mozilla/5.0 (X11, odd)"},
                              {"direction", "on"},
                              {"account_id", "111122223333,!444455556666"},
                              {"region", "eu-west-1"},
                              {"region", "us-east-1"},
                              {"service", "s3"},
                              {"api", "Get*,!GetObject"},
                              {"outcome", "!ok"},
                              {"read_only", "false"},
                              {"event_class", "data"},
                              {"error_code", "AccessDenied"},
                              {"from", "2026-11-20"},
                              {"to", "2026-11-21T00:00:00.5Z"}});
  EXPECT_THAT(filter.entities,
              ElementsAre(ElementsAre(EntityTerm{EntityKind::kResource, "arn:aws:s3:::logs", false, true}),
                          ElementsAre(EntityTerm{EntityKind::kPrincipal, "AIDAEXAMPLE000000001", false, true})));
  EXPECT_THAT(filter.not_entities,
              ElementsAre(EntityTerm{EntityKind::kUserAgent, "Mozilla/5.0 (X11, odd)", false, true}));
  EXPECT_EQ(filter.account_id, (Choice{{"111122223333"}, {"444455556666"}}));
  EXPECT_EQ(filter.region, (Choice{{"eu-west-1", "us-east-1"}, {}}));
  EXPECT_EQ(filter.service, (Choice{{"s3"}, {}}));
  EXPECT_EQ(filter.api, (Choice{{"Get*"}, {"GetObject"}}));
  EXPECT_THAT(filter.outcomes, Optional(ElementsAre(Outcome::kDenied, Outcome::kFailed)));
  EXPECT_EQ(filter.read_only, false);
  EXPECT_THAT(filter.event_classes, Optional(ElementsAre(schema::EventClass::kData)));
  EXPECT_EQ(filter.error_code, (Choice{{"AccessDenied"}, {}}));
  EXPECT_EQ(filter.range.from_us, schema::parse_rfc3339("2026-11-20T00:00:00Z")->us);
  EXPECT_EQ(filter.range.to_us, schema::parse_rfc3339("2026-11-21T00:00:00Z")->us + 500'000);
}

TEST(EventFilterTest, KeysWithCommasAndMarksStayWhole) {
  const auto agents =
      parsed({{"user_agent", "a,b"}, {"role_session", "AROAEXAMPLE00000001:x,y"}, {"principal", "!odd"}});
  ASSERT_THAT(agents.entities, SizeIs(2));
  EXPECT_EQ(agents.entities[0][0].key, "AROAEXAMPLE00000001:x,y");
  EXPECT_EQ(agents.entities[1][0].key, "a,b");
  EXPECT_EQ(agents.not_entities[0].key, "odd");
  EXPECT_EQ(parsed({{"entity", "user_agent:!odd"}}).entities[0][0].key, "!odd");
  EXPECT_THAT(parsed({{"ip_address", "198.51.100.7,203.0.113.9"}}).entities[0], SizeIs(2));
}

TEST(EventFilterTest, RefusingEverythingLeavesNothing) {
  EXPECT_THAT(parsed({{"outcome", "!ok,!denied,!failed"}}).outcomes, Optional(IsEmpty()));
  EXPECT_THAT(parsed({{"outcome", "ok,!ok"}}).outcomes, Optional(IsEmpty()));
}

TEST(EventFilterTest, SaysWhichParameterIsWrong) {
  expect_refused({{"acount_id", "111122223333"}}, "acount_id", "spelling");
  expect_refused({{"account_id", "11112222333"}}, "account_id", "12 digits");
  expect_refused({{"account_id", "!1"}}, "account_id", "12 digits");
  expect_refused({{"entity", "AKIAEXAMPLE"}}, "entity", "KIND:KEY");
  expect_refused({{"entity", "user:alice"}}, "entity", "role_session");
  expect_refused({{"entity", "principal:"}}, "entity");
  expect_refused({{"entity", "account:1"}}, "entity", "12 digits");
  expect_refused({{"entity", "account:111122223333"}, {"entity", "instance:i-0123456789abcdef0"}}, "entity",
                 "account_id");
  expect_refused({{"direction", "to"}}, "direction", "by, on or any");
  expect_refused({{"direction", "by"}, {"direction", "on"}}, "direction", "once");
  expect_refused({{"outcome", "bad"}}, "outcome", "ok, denied, failed");
  expect_refused({{"event_class", "Data"}}, "event_class", "network_activity");
  expect_refused({{"read_only", "yes"}}, "read_only");
  expect_refused({{"region", ""}}, "region", "empty");
  expect_refused({{"region", "a,,b"}}, "region", "empty");
  expect_refused({{"region", "!"}}, "region", "empty");
  expect_refused({{"api", std::string("a\0b", 3)}}, "api", "NUL");
  expect_refused({{"last", "soon"}}, "last", "24h");
  expect_refused({{"last", "1h"}, {"from", "2026-11-20"}}, "last", "choose one");
  expect_refused({{"to", "2026-11-20"}}, "from", "missing");
  expect_refused({{"from", "yesterday"}}, "from", "RFC 3339");
  expect_refused({{"from", "2026-11-20"}, {"to", "2026-11-20"}}, "from", "before");
  expect_refused({{"scope", "finding"}}, "scope", "finding=");
  expect_refused({{"lane", "1"}}, "lane", "finding=");
  expect_refused({{"finding", "x"}, {"lane", "-1"}}, "lane");
  expect_refused({{"finding", "x"}, {"scope", "all"}}, "scope");
  expect_refused({{"finding", "x"}, {"scope", "finding"}, {"last", "1h"}}, "scope", "choose one");
}

TEST(EventFilterTest, LimitsHoldAtTheirEdges) {
  List values;
  for (std::size_t i = 0; i < kFilterValuesMax; ++i) values.emplace_back("region", "r" + std::to_string(i));
  EXPECT_THAT(parsed(values).region.any_of, SizeIs(kFilterValuesMax));
  values.emplace_back("region", "one-more");
  expect_refused(values, "region", "more than");
  EXPECT_THAT(parsed({{"region", std::string(kFilterValueMaxBytes, 'r')}}).region.any_of, SizeIs(1));
  expect_refused({{"region", std::string(kFilterValueMaxBytes + 1, 'r')}}, "region", "longer");
  const List groups{
      {"principal", "a"}, {"access_key", "b"}, {"instance", "c"}, {"ip_address", "d"}, {"user_agent", "e"}};
  ASSERT_EQ(groups.size(), kEntityGroupsMax);
  EXPECT_THAT(parsed(groups).entities, SizeIs(kEntityGroupsMax));
  List more = groups;
  more.emplace_back("resource", "f");
  expect_refused(more, "resource", "more than");
  more = groups;
  more.emplace_back("finding", "f");
  expect_refused(more, "finding", "more than");
  EXPECT_EQ(parsed({{"user_agent", std::string(kFilterValueMaxBytes, 'u')}}).entities[0][0].key.size(),
            schema::kEntityKeyMaxBytes);
}

TEST(EventFilterTest, AFindingBringsItsIntervalUnlessOneIsGiven) {
  const auto scope = parsed({{"finding", "f"}, {"lane", "2"}});
  EXPECT_EQ(scope.finding, (FindingReference{"f", 2, true}));
  EXPECT_EQ(scope.range, schema::TimeRange{});
  const auto last = parsed({{"finding", "f"}, {"last", "1h"}});
  EXPECT_EQ(last.finding, (FindingReference{"f", 0, false}));
  EXPECT_EQ(last.range.to_us, kNow);
}

TEST(EventFilterTest, CanonicalTextTellsQuestionsApart) {
  const auto text = [](const List& parameters) { return canonical_text(parsed(parameters)); };
  EXPECT_EQ(text({{"region", "a"}, {"region", "b"}, {"principal", "p"}}),
            text({{"principal", "p"}, {"region", "b,a"}}));
  EXPECT_EQ(text({{"outcome", "!ok"}}), text({{"outcome", "failed,denied"}}));
  EXPECT_EQ(canonical_text(*parse_event_filter(List{{"last", "1h"}}, kNow)),
            canonical_text(*parse_event_filter(List{{"last", "1h"}}, kNow + 1)))
      << "the last hour is one question, whenever it is asked";
  const std::vector<List> different{{},
                                    {{"region", "a"}},
                                    {{"region", "!a"}},
                                    {{"region", "a,b"}},
                                    {{"service", "a"}},
                                    {{"api", "a"}},
                                    {{"error_code", "a"}},
                                    {{"principal", "p"}},
                                    {{"principal", "!p"}},
                                    {{"principal", "p"}, {"direction", "by"}},
                                    {{"principal", "p"}, {"direction", "on"}},
                                    {{"principal", "p"}, {"principal", "q"}},
                                    {{"principal", "p"}, {"access_key", "q"}},
                                    {{"access_key", "p"}},
                                    {{"outcome", "ok"}},
                                    {{"event_class", "data"}},
                                    {{"read_only", "true"}},
                                    {{"read_only", "false"}},
                                    {{"last", "1h"}},
                                    {{"from", "2026-11-20"}, {"to", "2026-11-21"}},
                                    {{"from", "2026-11-20"}, {"to", "2026-11-22"}},
                                    {{"finding", "f"}},
                                    {{"finding", "f"}, {"lane", "1"}},
                                    {{"finding", "f"}, {"last", "1h"}}};
  std::set<std::string> texts;
  for (const auto& parameters : different) texts.insert(text(parameters));
  EXPECT_EQ(texts.size(), different.size());
}

TEST(EventFilterTest, PatternsTakeValuesLiterally) {
  EXPECT_THAT(api_patterns({"Get*", "a%b_c\\", "*", "a*b"}), ElementsAre("Get%", "a\\%b\\_c\\\\", "%", "a*b"));
  EXPECT_THAT(service_patterns({"s3", "s3.amazonaws.com", "a_b"}),
              ElementsAre("s3", "s3.%", "s3.amazonaws.com", "a\\_b", "a\\_b.%"));
}

TEST(EventFilterTest, MatchesTheDecodedRecord) {
  schema::ApiEvent event;
  event.account_id = "111122223333";
  event.instance = schema::Entity{EntityKind::kInstance, "i-1", ""};
  event.mentions = {{EntityKind::kInstance, "i-2", ""}};
  EXPECT_TRUE(matches({EntityKind::kInstance, "i-1", true, false}, event));
  EXPECT_FALSE(matches({EntityKind::kInstance, "i-1", false, true}, event));
  EXPECT_TRUE(matches({EntityKind::kInstance, "i-2", false, true}, event));
  EXPECT_FALSE(matches({EntityKind::kInstance, "i-2", true, false}, event));
  EXPECT_FALSE(matches({EntityKind::kResource, "i-2", true, true}, event));
  EXPECT_TRUE(matches({EntityKind::kAccount, "111122223333", true, true}, event));
  EXPECT_TRUE(names_entities(parsed({{"entity", "instance:i-1"}, {"entity", "instance:i-9"}}), event));
  EXPECT_FALSE(names_entities(parsed({{"entity", "instance:i-1"}, {"instance", "i-9"}}), event));
}

// ---- the choice of the statement ----

constexpr schema::HashKey kKey{};
RowQuestion question_of(const List& parameters, const AccountScope& scope = AccountScope::all()) {
  return row_question(parsed(parameters), kKey, scope);
}

TEST(RowQuestionTest, OneEntityHasAStatementOfItsOwn) {
  using Shape = RowQuestion::Shape;
  EXPECT_EQ(question_of({}).shape, Shape::kAll);
  EXPECT_EQ(question_of({{"region", "a"}}).shape, Shape::kAll);
  for (std::size_t column = 0; column < kByKinds.size(); ++column) {
    const std::string kind(name_of(kByKinds[column]));
    const auto any = question_of({{kind, "x"}, {"region", "a"}});
    EXPECT_EQ(any.shape, Shape::kSingle);
    EXPECT_EQ(any.by_column, column);
    EXPECT_TRUE(any.on);
    EXPECT_EQ(any.hash, schema::entity_hash(kKey, kByKinds[column], "x"));
    const auto by = question_of({{kind, "x"}, {"direction", "by"}});
    EXPECT_TRUE(by.by_column);
    EXPECT_FALSE(by.on);
    const auto on = question_of({{kind, "x"}, {"direction", "on"}});
    EXPECT_FALSE(on.by_column);
    EXPECT_TRUE(on.on);
  }
  EXPECT_EQ(question_of({{"principal", "x"}, {"principal", "y"}}).shape, Shape::kCombined);
  EXPECT_EQ(question_of({{"principal", "x"}, {"access_key", "y"}}).shape, Shape::kCombined);
  EXPECT_EQ(question_of({{"principal", "x"}, {"principal", "!y"}}).shape, Shape::kCombined);
  EXPECT_EQ(question_of({{"principal", "!y"}}).shape, Shape::kCombined);
}

TEST(RowQuestionTest, TheMostSelectiveKindDrives) {
  const auto question =
      question_of({{"user_agent", "u"}, {"principal", "p"}, {"access_key", "k"}, {"direction", "by"}});
  EXPECT_TRUE(question.combined.by[*by_column_of(EntityKind::kAccessKey)]);
  EXPECT_FALSE(question.combined.by[*by_column_of(EntityKind::kPrincipal)]);
  EXPECT_FALSE(question.combined.all);
  EXPECT_TRUE(question.combined.has_conditions);
  EXPECT_TRUE(question.combined.required[1].by);
  EXPECT_FALSE(question.combined.required[2].by);
}

TEST(RowQuestionTest, WhatCannotBeIsNotAsked) {
  using Shape = RowQuestion::Shape;
  EXPECT_EQ(question_of({{"resource", "r"}, {"direction", "by"}}).shape, Shape::kNothing)
      << "nothing is called by a resource";
  EXPECT_EQ(question_of({{"resource", "r"}}).shape, Shape::kSingle);
  EXPECT_EQ(question_of({}, AccountScope::none()).shape, Shape::kNothing);
  const auto scope = AccountScope::of({"111122223333"}).value();
  EXPECT_EQ(question_of({{"account_id", "444455556666"}}, scope).shape, Shape::kNothing);
  EXPECT_EQ(question_of({{"entity", "account:444455556666"}}, scope).shape, Shape::kNothing);
  EXPECT_EQ(question_of({{"entity", "account:111122223333"}}, scope).common.accounts, "{\"111122223333\"}");
  EXPECT_EQ(question_of({}, scope).common.accounts, "{\"111122223333\"}");
  EXPECT_FALSE(question_of({}).common.has_conditions);
  EXPECT_TRUE(question_of({}, scope).common.has_conditions);
}

TEST(RowQuestionTest, MentionsAreCountedAloneOnlyWithoutOtherConditions) {
  EXPECT_TRUE(question_of({{"resource", "r"}}).mentions_suffice);
  EXPECT_TRUE(question_of({{"resource", "r"}, {"account_id", "111122223333"}}).mentions_suffice);
  EXPECT_FALSE(question_of({{"resource", "r"}, {"account_id", "!111122223333"}}).mentions_suffice);
  EXPECT_FALSE(question_of({{"resource", "r"}, {"outcome", "ok"}}).mentions_suffice);
  EXPECT_FALSE(question_of({{"principal", "p"}}).mentions_suffice);
  EXPECT_TRUE(question_of({{"principal", "p"}, {"direction", "on"}}).mentions_suffice);
}

TEST(RowQuestionTest, TheLastDayIsThatOfTheLastInstant) {
  const auto question = question_of({{"from", "2026-11-19T12:00:00Z"}, {"to", "2026-11-21"}});
  EXPECT_EQ(question.common.from_day, "2026-11-19");
  EXPECT_EQ(question.common.to_day, "2026-11-20");
  EXPECT_EQ(question.common.until_time, "2026-11-21T00:00:00Z");
}

// ---- merging, buckets, keys ----

StoredEvent stored(std::int64_t time_us, std::uint8_t id) {
  StoredEvent event;
  event.position.time_us = time_us;
  event.position.event_id.bytes[15] = id;
  return event;
}
std::vector<std::pair<std::int64_t, int>> shown(const std::vector<StoredEvent>& events) {
  std::vector<std::pair<std::int64_t, int>> out;
  for (const auto& event : events) out.emplace_back(event.position.time_us, event.position.event_id.bytes[15]);
  return out;
}

TEST(MergeTest, GivesTheNewestOnceInOrder) {
  const auto lists = [] {
    return std::vector<std::vector<StoredEvent>>{
        {stored(9, 1), stored(5, 2), stored(5, 1)}, {stored(9, 1), stored(7, 1)}, {}, {stored(5, 2)}};
  };
  using Pairs = std::vector<std::pair<std::int64_t, int>>;
  EXPECT_EQ(shown(merge_newest(lists(), 10)), (Pairs{{9, 1}, {7, 1}, {5, 2}, {5, 1}}));
  EXPECT_EQ(shown(merge_newest(lists(), 2)), (Pairs{{9, 1}, {7, 1}}));
  EXPECT_THAT(merge_newest({}, 2), IsEmpty());
}

TEST(BucketTest, TheSmallestThatFits) {
  const auto seconds = [](std::int64_t from_s, std::int64_t span_s, std::size_t most = kBucketsMax) {
    return bucket_seconds({from_s * schema::kMicrosPerSecond, (from_s + span_s) * schema::kMicrosPerSecond}, most);
  };
  constexpr std::int64_t kMinute = 60, kHour = 3600, kDay = 86'400;
  const auto edge = static_cast<std::int64_t>(kBucketsMax);
  EXPECT_EQ(seconds(0, 1), kMinute);
  EXPECT_EQ(seconds(0, edge * kMinute), kMinute);
  EXPECT_EQ(seconds(1, edge * kMinute), 5 * kMinute) << "it touches one bucket more";
  EXPECT_EQ(seconds(0, edge * kMinute + 1), 5 * kMinute);
  EXPECT_EQ(seconds(0, edge * 5 * kMinute + 1), 15 * kMinute);
  EXPECT_EQ(seconds(0, edge * 15 * kMinute + 1), kHour);
  EXPECT_EQ(seconds(0, edge * kHour + 1), 3 * kHour);
  EXPECT_EQ(seconds(0, edge * 3 * kHour + 1), 6 * kHour);
  EXPECT_EQ(seconds(0, edge * 6 * kHour + 1), kDay);
  EXPECT_EQ(seconds(0, edge * kDay), kDay);
  EXPECT_EQ(seconds(0, edge * kDay + 1), 2 * kDay);
  EXPECT_EQ(seconds(kDay - 1, 2, 2), kMinute) << "across a boundary, in two";
}

TEST(EventKeyTest, ComesBackAndNothingElseDoes) {
  StoredEvent stored;
  stored.account_id = "111122223333";
  stored.position = {kNow, {}, {}};
  stored.position.event_id.bytes.fill(0xAB);
  stored.position.content_fp.bytes.fill(0xCD);
  const EventView view(stored);
  const auto identity = parse_event_key(event_key(view));
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->day, schema::day_of(kNow));
  EXPECT_EQ(identity->account_id, "111122223333");
  EXPECT_EQ(identity->event_id, stored.position.event_id);
  EXPECT_EQ(identity->content_fp, stored.position.content_fp);
  for (const std::string text : {"", "x", "AAAAAAAA"}) EXPECT_FALSE(parse_event_key(text));
  const auto key = event_key(view);
  for (std::size_t size = 0; size < key.size(); ++size) EXPECT_FALSE(parse_event_key(key.substr(0, size)));
}

}  // namespace
}  // namespace backtrail::query
