// The filters of findings: what is understood, what is refused and how, and when two questions are the same one.
#include "query/findings/finding_filter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace backtrail::query {
namespace {

using schema::Code;
using schema::EntityKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

using List = std::vector<Parameter>;

FindingFilter parsed(const List& parameters) {
  auto filter = parse_finding_filter(parameters);
  EXPECT_TRUE(filter.has_value()) << (filter ? "" : filter.error().detail);
  return filter ? *filter : FindingFilter{};
}

std::string refused(const List& parameters) {
  const auto filter = parse_finding_filter(parameters);
  EXPECT_FALSE(filter.has_value());
  if (filter) return "";
  EXPECT_EQ(filter.error().code, Code::kBadParameter);
  return filter.error().detail;
}

TEST(FindingFilterTest, LeavesOutSamplesAndArchivedFindingsByDefault) {
  const auto filter = parsed({});
  EXPECT_EQ(filter.sample, false);
  EXPECT_EQ(filter.archived, false);
  EXPECT_EQ(filter.open, std::nullopt);
  EXPECT_EQ(filter, FindingFilter{});
}

TEST(FindingFilterTest, TakesRepeatedAndListedValuesAsAlternatives) {
  EXPECT_EQ(parsed({{"severity", "high,critical"}}), parsed({{"severity", "critical"}, {"severity", "high"}}));
  EXPECT_THAT(parsed({{"severity", "high,critical,high"}}).severity.any_of, ElementsAre("critical", "high"));
}

TEST(FindingFilterTest, NegatesEachValueOfItsOwn) {
  const auto filter = parsed({{"region", "eu-west-1,!us-east-1"}, {"region", "!us-west-2"}});
  EXPECT_THAT(filter.region.any_of, ElementsAre("eu-west-1"));
  EXPECT_THAT(filter.region.none_of, ElementsAre("us-east-1", "us-west-2"));
}

TEST(FindingFilterTest, EscapesCommasBackslashesAndMarks) {
  const auto filter = parsed({{"assignee", R"(a\,b,c\\,DOMAIN\user,\!loud)"}});
  EXPECT_THAT(filter.assignee.any_of, ElementsAre("!loud", R"(DOMAIN\user)", "a,b", R"(c\)"));
  EXPECT_THAT(filter.user_name.none_of, IsEmpty());
}

// The page repeats parameters; a bucket "a,b" or a user "lee,ops" must not fall apart.
TEST(FindingFilterTest, KeepsCommasOfNamesAndRepeatsForMore) {
  const auto filter = parsed({{"user_name", "lee,ops"}, {"user_name", R"(!DOMAIN\x,y)"}, {"title", "one, two"}});
  EXPECT_THAT(filter.user_name.any_of, ElementsAre("lee,ops"));
  EXPECT_THAT(filter.user_name.none_of, ElementsAre(R"(DOMAIN\x,y)"));
  EXPECT_THAT(filter.title.any_of, ElementsAre("one, two"));
  const auto named = parsed({{"resource", "arn:aws:sns:eu-west-1:111122223333:a,b"},
                             {"principal", "x,y"},
                             {"entity", "user_agent:curl/8, like Gecko"}})
                         .named;
  ASSERT_EQ(named.size(), 3U);
  std::vector<std::string> keys;
  for (const auto& alternatives : named) keys.push_back(alternatives.front().key);
  EXPECT_THAT(keys,
              ::testing::UnorderedElementsAre("arn:aws:sns:eu-west-1:111122223333:a,b", "x,y", "curl/8, like Gecko"));
  EXPECT_EQ(parsed({{"resource", "a,b"}, {"resource", "c"}}).named.size(), 1U);
}

TEST(FindingFilterTest, TakesAnEmptyValueAsNotSet) {
  EXPECT_THAT(parsed({{"assignee", ""}}).assignee.any_of, ElementsAre(""));
  EXPECT_THAT(parsed({{"assignee", "!"}}).assignee.none_of, ElementsAre(""));
  EXPECT_THAT(parsed({{"resource_type", "Instance,"}}).resource_type.any_of, ElementsAre("", "Instance"));
}

TEST(FindingFilterTest, RefusesAnEmptyValueWhereEveryFindingHasOne) {
  for (const std::string name : {"severity", "account_id", "status", "record_state", "sample", "open", "from", "entity",
                                 "principal", "access_key", "resource", "remote_ip", "instance", "title"})
    EXPECT_THAT(refused({{name, ""}}), StartsWith(name + ": ")) << name;
}

TEST(FindingFilterTest, NamesTheParameterAndWhatToDo) {
  EXPECT_EQ(refused({{"severity", "hgih"}}),
            "severity: 'hgih' is no severity; use critical, high, medium, low, informational or unknown");
  EXPECT_EQ(refused({{"account_id", "11112222333"}}),
            "account_id: '11112222333' is no account id; an account id is 12 digits");
  EXPECT_EQ(refused({{"status", "done"}}),
            "status: 'done' is no status; use new, in_progress, notified, resolved or suppressed");
  EXPECT_EQ(refused({{"record_state", "gone"}}), "record_state: 'gone' is no record state; use active or archived");
  EXPECT_EQ(refused({{"sample", "yes"}}), "sample: 'yes' is none of true, false and any");
  EXPECT_EQ(refused({{"open", "any"}}), "open: 'any' is neither true nor false");
  EXPECT_EQ(refused({{"from", "yesterday"}}), "from: 'yesterday' is no time; write it like 2026-11-20T10:00:00Z");
  EXPECT_THAT(refused({{"entity", "user:alice"}}), StartsWith("entity: 'user:alice' is not KIND:KEY; kinds are "));
}

TEST(FindingFilterTest, RefusesNamesThatItDoesNotKnow) {
  EXPECT_THAT(refused({{"severty", "high"}}), StartsWith("'severty': there is no such parameter"));
  const std::vector<std::string_view> others{"format"};
  EXPECT_TRUE(parse_finding_filter(List{{"format", "csv"}}, others).has_value());
  EXPECT_FALSE(parse_finding_filter(List{{"format", "csv"}}).has_value());
}

TEST(FindingFilterTest, ShowsHostileValuesHarmlessly) {
  const auto detail = refused({{"severity", "a\nb\x1B[31m"}});
  EXPECT_THAT(detail, StartsWith("severity: 'a?b?[31m' is no severity"));
  const auto lengthy = refused({{"severity", std::string(59, 'x') + "\u00E9\u00E9\u00E9"}});
  EXPECT_THAT(lengthy, HasSubstr(std::string(59, 'x') + "…'"));
}

TEST(FindingFilterTest, TakesAValueOfTheLargestSizeAndNoLonger) {
  EXPECT_TRUE(parse_finding_filter(List{{"region", std::string(kFilterValueMaxBytes, 'r')}}).has_value());
  EXPECT_THAT(refused({{"region", std::string(kFilterValueMaxBytes + 1, 'r')}}), StartsWith("region: "));
  EXPECT_THAT(refused({{"entity", "resource:" + std::string(kFilterValueMaxBytes, 'r')}}), StartsWith("entity: "));
  EXPECT_THAT(refused({{"title", std::string(kFilterValueMaxBytes + 1, 't')}}), StartsWith("title: "));
  EXPECT_THAT(refused({{"region", std::string("a\0b", 3)}}), StartsWith("region: "));
}

TEST(FindingFilterTest, TakesAsManyValuesAsTheLimitAndNoMore) {
  for (const std::string name : {"region", "title", "principal", "entity"}) {
    List parameters;
    for (std::size_t i = 0; i < kFilterValuesMax; ++i)
      parameters.emplace_back(name, (name == "entity" ? "principal:" : "") + std::to_string(i));
    EXPECT_TRUE(parse_finding_filter(parameters).has_value()) << name;
    parameters.emplace_back(name, name == "entity" ? "principal:more" : "more");
    EXPECT_THAT(refused(parameters), StartsWith(name + ": at most 200 values")) << name;
  }
}

TEST(FindingFilterTest, ReadsEntitiesInBothForms) {
  const auto filter = parsed({{"principal", "AIDAX"},
                              {"principal", "!AIDAY"},
                              {"entity", "ip_address:198.51.100.7"},
                              {"entity", "role_session:AROAX:s,1"}});
  ASSERT_EQ(filter.named.size(), 2U);
  EXPECT_THAT(filter.named,
              testing::UnorderedElementsAre(ElementsAre(NamedEntity{EntityKind::kPrincipal, "AIDAX", {}}),
                                            ElementsAre(NamedEntity{EntityKind::kRoleSession, "AROAX:s,1", {}},
                                                        NamedEntity{EntityKind::kIpAddress, "198.51.100.7", {}})));
  EXPECT_THAT(filter.not_named, ElementsAre(NamedEntity{EntityKind::kPrincipal, "AIDAY", {}}));
}

TEST(FindingFilterTest, AsksForNothingWhereItOnlyRefuses) {
  for (const auto& [name, value] : List{{"principal", "!AIDAX"}, {"entity", "!principal:AIDAX"}}) {
    const auto filter = parsed({{name, value}});
    EXPECT_THAT(filter.named, IsEmpty()) << name;
    EXPECT_THAT(filter.not_named, ElementsAre(NamedEntity{EntityKind::kPrincipal, "AIDAX", {}})) << name;
  }
}

TEST(FindingFilterTest, TakesARemoteAddressOnlyAsRemote) {
  EXPECT_THAT(
      parsed({{"remote_ip", "198.51.100.7"}}).named,
      ElementsAre(ElementsAre(NamedEntity{EntityKind::kIpAddress, "198.51.100.7", schema::FindingRole::kRemote})));
}

TEST(FindingFilterTest, UnderstandsWhatPeopleCallAResource) {
  EXPECT_THAT(parsed({{"resource", "logs"}}).named,
              ElementsAre(ElementsAre(NamedEntity{EntityKind::kResource, "arn:aws:s3:::logs", {}},
                                      NamedEntity{EntityKind::kResource, "logs", {}})));
  EXPECT_THAT(parsed({{"resource", "arn:aws:s3:::logs"}}).named,
              ElementsAre(ElementsAre(NamedEntity{EntityKind::kResource, "arn:aws:s3:::logs", {}})));
  EXPECT_THAT(parsed({{"resource", "i-0123456789abcdef0"}}).named.at(0),
              testing::Contains(NamedEntity{EntityKind::kInstance, "i-0123456789abcdef0", {}}));
}

TEST(FindingFilterTest, CutsKeysAsTheWarehouseDoes) {
  const auto filter = parsed({{"entity", "user_agent:" + std::string(600, 'u')}});
  EXPECT_EQ(filter.named.at(0).at(0).key, std::string(schema::kEntityKeyMaxBytes, 'u'));
}

TEST(FindingFilterTest, KeepsATitleWholeAndWithoutCase) {
  const auto filter = parsed({{"title", "Keys, Used From Outside"}, {"title", "!Test"}});
  EXPECT_THAT(filter.title.any_of, ElementsAre("keys, used from outside"));
  EXPECT_THAT(filter.title.none_of, ElementsAre("test"));
}

TEST(FindingFilterTest, ShowsArchivedFindingsToThoseWhoAskForThemByAnotherName) {
  EXPECT_EQ(parsed({{"open", "false"}}).archived, std::nullopt);
  EXPECT_EQ(parsed({{"record_state", "archived"}}).archived, std::nullopt);
  EXPECT_EQ(parsed({{"open", "true"}}).archived, false);
  EXPECT_EQ(parsed({{"open", "false"}, {"archived", "false"}}).archived, false);
  EXPECT_EQ(parsed({{"archived", "any"}}).archived, std::nullopt);
}

TEST(FindingFilterTest, TakesAHalfOpenIntervalForwardsOnly) {
  const auto filter = parsed({{"from", "2026-11-20T00:00:00Z"}, {"to", "2026-11-20T00:00:00.000001Z"}});
  EXPECT_EQ(*filter.to_us - *filter.from_us, 1);
  EXPECT_THAT(refused({{"from", "2026-11-20T00:00:00Z"}, {"to", "2026-11-20T00:00:00Z"}}), StartsWith("to: "));
  EXPECT_THAT(refused({{"from", "2026-11-20T00:00:00Z"}, {"from", "2026-11-21T00:00:00Z"}}),
              StartsWith("from: give it once"));
}

TEST(FindingPageRequestTest, ReadsSortOrderAndLimit) {
  const auto request =
      parse_finding_page(List{{"sort", "severity"}, {"order", "asc"}, {"limit", "1000"}, {"cursor", "c"}});
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->sort, FindingSort::kSeverity);
  EXPECT_FALSE(request->descending);
  EXPECT_EQ(request->limit, kPageRowsMax);
  EXPECT_EQ(request->cursor, "c");
}

TEST(FindingPageRequestTest, RefusesWhatIsNoSortOrderOrLimit) {
  for (const auto& [name, value] : List{{"sort", "title"},
                                        {"order", "up"},
                                        {"limit", "0"},
                                        {"limit", "1001"},
                                        {"limit", "5x"},
                                        {"limit", ""},
                                        {"limit", "-1"}}) {
    const auto request = parse_finding_page(List{{name, value}});
    ASSERT_FALSE(request.has_value()) << name << "=" << value;
    EXPECT_THAT(request.error().detail, StartsWith(name + ": "));
  }
}

TEST(FindingPageRequestTest, IsOneQuestionWhateverTheOrderOfItsParameters) {
  const auto text = [](const List& parameters) { return canonical_text(*parse_finding_page(parameters)); };
  EXPECT_EQ(text({{"severity", "high,low"}, {"region", "a"}, {"limit", "5"}}),
            text({{"region", "a"}, {"severity", "low"}, {"severity", "high"}, {"cursor", "x"}}));
  EXPECT_EQ(text({{"principal", "a"}, {"access_key", "b"}}), text({{"access_key", "b"}, {"principal", "a"}}));
}

TEST(FindingPageRequestTest, IsAnotherQuestionForEveryDifference) {
  const std::vector<List> questions = {
      {},
      {{"severity", "high"}},
      {{"severity", "!high"}},
      {{"region", "a,b"}},
      {{"region", R"(a\,b)"}},
      {{"region", "a"}, {"type", "b"}},
      {{"region", "a;type=b"}},
      {{"sample", "any"}},
      {{"archived", "any"}},
      {{"open", "true"}},
      {{"title", "a"}},
      {{"principal", "a"}},
      {{"principal", "!a"}},
      {{"entity", "principal:a"}, {"principal", "b"}},
      {{"entity", "principal:a"}, {"entity", "principal:b"}},
      {{"remote_ip", "192.0.2.1"}},
      {{"entity", "ip_address:192.0.2.1"}},
      {{"from", "2026-11-20T00:00:00Z"}},
      {{"to", "2026-11-20T00:00:00Z"}},
      {{"sort", "count"}},
      {{"order", "asc"}},
  };
  std::vector<std::string> texts;
  for (const auto& question : questions) texts.push_back(canonical_text(*parse_finding_page(question)));
  auto sorted = texts;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(std::unique(sorted.begin(), sorted.end()), sorted.end());
}

}  // namespace
}  // namespace backtrail::query
