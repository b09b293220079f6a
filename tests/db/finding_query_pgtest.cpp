// Findings as people ask for them: every filter, every order page by page, totals, facets, one finding with all of it.
#include <algorithm>
#include <backtrail_query_sql.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>

#include "query/cursor.hpp"
#include "query/findings/finding_detail.hpp"
#include "query/findings/finding_queries.hpp"
#include "tests/db/finding_seed.hpp"

namespace backtrail::query {
namespace {

using backtrail::testing::add_entity;
using backtrail::testing::at;
using backtrail::testing::FindingSeed;
using schema::AccountScope;
using schema::Code;
using schema::EntityKind;
using schema::Finding;
using schema::FindingRole;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

using List = std::vector<Parameter>;
const std::string kWeb = "111122223333", kAudit = "444455556666", kOther = "777788889999";
const std::int64_t kNow = at("2026-11-25T00:00:00Z");

class FindingQueryTest : public ::testing::Test {
 protected:
  // Adds a finding that tests call by `name`.
  template <class Change>
  const std::string& add(const std::string& name, const std::string& account, Change&& change) {
    const auto id = seed_.add(FindingSeed::finding(account, name, change));
    names_[id] = name;
    return ids_[name] = id;
  }
  const std::string& add(const std::string& name, const std::string& account = kWeb) {
    return add(name, account, [](Finding&) {});
  }

  FindingPageRequest request_of(const List& parameters) {
    auto request = parse_finding_page(parameters);
    EXPECT_TRUE(request.has_value()) << (request ? "" : request.error().detail);
    return request ? *request : FindingPageRequest{};
  }
  FindingPage page(const List& parameters, const AccountScope& scope = AccountScope::all()) {
    return page(request_of(parameters), scope);
  }
  FindingPage page(const FindingPageRequest& request, const AccountScope& scope = AccountScope::all()) {
    auto answer = finding_page(seed_.warehouse(), scope, request);
    EXPECT_TRUE(answer.has_value()) << (answer ? "" : answer.error().detail);
    return answer ? std::move(*answer) : FindingPage{};
  }
  std::vector<std::string> names_of(const FindingPage& answer) {
    std::vector<std::string> out;
    for (const auto& row : answer.rows) out.push_back(names_[finding_id(row.key())]);
    return out;
  }
  // The names of all that match, and the total agrees.
  std::vector<std::string> found(const List& parameters, const AccountScope& scope = AccountScope::all()) {
    const auto answer = page(parameters, scope);
    EXPECT_EQ(answer.total, static_cast<std::int64_t>(answer.rows.size()));
    return names_of(answer);
  }
  // All names, a page at a time.
  std::vector<std::string> walked(List parameters, const std::string& limit) {
    parameters.emplace_back("limit", limit);
    auto request = request_of(parameters);
    std::vector<std::string> out;
    for (int pages = 0; pages < 1000; ++pages) {
      const auto answer = page(request);
      for (auto& name : names_of(answer)) out.push_back(name);
      if (!answer.next_cursor) return out;
      EXPECT_EQ(answer.rows.size(), request.limit);
      request.cursor = *answer.next_cursor;
    }
    ADD_FAILURE() << "paging does not end";
    return out;
  }
  FindingDetail detail(const std::string& name, const AccountScope& scope = AccountScope::all()) {
    auto answer = finding_detail(seed_.warehouse(), scope, ids_.at(name), kNow);
    EXPECT_TRUE(answer.has_value()) << (answer ? "" : answer.error().detail);
    return answer ? std::move(*answer) : FindingDetail{};
  }

  FindingSeed seed_;
  std::map<std::string, std::string> names_, ids_;
};

TEST_F(FindingQueryTest, ShowsARowAsItIsStored) {
  add("a", kWeb, [](Finding& f) {
    f.severity = 8;
    f.severity_label = schema::Severity::kHigh;
    f.count = 7;
    f.action = "s3.amazonaws.com ListObjects";
    f.user_name = "alice";
    f.record_state = "active";
    f.first_seen_us = at("2026-11-19T09:00:00Z");
    add_entity(f, EntityKind::kPrincipal, "AIDAX", FindingRole::kActor, "alice");
    add_entity(f, EntityKind::kAccessKey, "AKIAEXAMPLE000000001", FindingRole::kActor);
    add_entity(f, EntityKind::kResource, "arn:aws:s3:::logs", FindingRole::kTarget, "logs");
    add_entity(f, EntityKind::kIpAddress, "198.51.100.7", FindingRole::kRemote, "",
               R"({"country":"Netherlands","asn":"64500","organization":"Example Net"})");
  });
  seed_.admin_exec("INSERT INTO account (account_id, name) VALUES ('" + kWeb + "', 'web')");
  const auto rows = page(List{}).rows;
  ASSERT_EQ(rows.size(), 1U);
  const auto& row = rows.front();
  EXPECT_EQ(finding_id(row.key()), ids_["a"]);
  EXPECT_EQ(row.account_name, "web");
  EXPECT_EQ(row.severity, 8);
  EXPECT_EQ(row.effective_severity, 8);
  EXPECT_EQ(row.count, 7);
  EXPECT_EQ(row.status, "new");
  EXPECT_EQ(row.record_state, "active");
  EXPECT_EQ(row.first_seen_at.us, at("2026-11-19T09:00:00Z"));
  EXPECT_EQ(row.last_seen_at.us, at("2026-11-20T10:00:00Z"));
  EXPECT_EQ(row.actor(), (schema::Entity{EntityKind::kPrincipal, "AIDAX", "alice"}));
  EXPECT_EQ(row.resource(), (schema::Entity{EntityKind::kResource, "arn:aws:s3:::logs", "logs"}));
  EXPECT_EQ(row.access_key_id, "AKIAEXAMPLE000000001");
  EXPECT_EQ(row.remote_ip, "198.51.100.7");
  EXPECT_EQ(row.remote_country, "Netherlands");
  EXPECT_EQ(row.remote_asn, "64500");
  EXPECT_EQ(row.remote_org, "Example Net");
  EXPECT_EQ(row.action, "s3.amazonaws.com ListObjects");
  EXPECT_EQ(row.related, 0);
}

TEST_F(FindingQueryTest, AnswersEveryFilterAndItsNegation) {
  add("plain");
  add("different", kAudit, [](Finding& f) {
    f.severity = 9.5;
    f.severity_label = schema::Severity::kCritical;
    f.region = "us-east-1";
    f.type = "Trojan:EC2/DNSDataExfiltration";
    f.product = "Inspector";
    f.resource_type = "Instance";
    f.title = "Data, Leaving BY DNS";
    f.user_name = "bob";
    f.last_seen_us = at("2026-11-22T10:00:00Z");
    add_entity(f, EntityKind::kPrincipal, "AIDAB", FindingRole::kActor, "bob");
    add_entity(f, EntityKind::kAccessKey, "AKIAB", FindingRole::kActor);
    add_entity(f, EntityKind::kInstance, "i-0123456789abcdef0", FindingRole::kTarget);
    add_entity(f, EntityKind::kResource, "arn:aws:s3:::drop", FindingRole::kRelated);
    add_entity(f, EntityKind::kIpAddress, "198.51.100.9", FindingRole::kRemote);
    add_entity(f, EntityKind::kIpAddress, "203.0.113.1", FindingRole::kRelated);
  });
  seed_.admin_exec("UPDATE finding SET status = 'in_progress', assignee = 'carol' WHERE provider_id = 'different'");
  for (const auto& [name, value] : List{{"severity", "critical"},
                                        {"account_id", kAudit},
                                        {"region", "us-east-1"},
                                        {"type", "Trojan:EC2/DNSDataExfiltration"},
                                        {"type_purpose", "Trojan"},
                                        {"resource_type", "Instance"},
                                        {"product", "Inspector"},
                                        {"status", "in_progress"},
                                        {"assignee", "carol"},
                                        {"title", "leaving by"},
                                        {"user_name", "bob"},
                                        {"principal", "AIDAB"},
                                        {"access_key", "AKIAB"},
                                        {"instance", "i-0123456789abcdef0"},
                                        {"resource", "drop"},
                                        {"resource", "arn:aws:s3:::drop"},
                                        {"resource", "i-0123456789abcdef0"},
                                        {"remote_ip", "198.51.100.9"},
                                        {"entity", "ip_address:203.0.113.1"},
                                        {"entity", "principal:AIDAB"}}) {
    EXPECT_THAT(found({{name, value}}), ElementsAre("different")) << name << "=" << value;
    EXPECT_THAT(found({{name, "!" + value}}), ElementsAre("plain")) << name << "=!" << value;
  }
  EXPECT_THAT(found({{"remote_ip", "203.0.113.1"}}), IsEmpty()) << "an address of our own is not remote";
  EXPECT_THAT(found({{"assignee", ""}}), ElementsAre("plain"));
  EXPECT_THAT(found({{"assignee", "!"}}), ElementsAre("different"));
  EXPECT_THAT(found({{"assignee", ",carol"}}), ElementsAre("different", "plain"));
  EXPECT_THAT(found({{"record_state", "active"}}), ElementsAre("different", "plain"));
  EXPECT_THAT(found({{"title", "listed"}, {"title", "dns"}}), ElementsAre("different", "plain"));
  EXPECT_THAT(found({{"title", "!listed"}, {"title", "!dns"}}), IsEmpty());
}

TEST_F(FindingQueryTest, AndsParametersAndOrsTheirValues) {
  for (const std::string region : {"a", "b"})
    for (const std::string product : {"x", "y"})
      add(region + product, kWeb, [&](Finding& f) {
        f.region = region;
        f.product = product;
        add_entity(f, EntityKind::kPrincipal, "P" + region, FindingRole::kActor);
        add_entity(f, EntityKind::kAccessKey, "K" + product, FindingRole::kActor);
      });
  EXPECT_THAT(found({{"region", "a"}, {"product", "x,y"}}), UnorderedElementsAre("ax", "ay"));
  EXPECT_THAT(found({{"principal", "Pa"}, {"access_key", "Kx"}}), UnorderedElementsAre("ax"));
  EXPECT_THAT(found({{"principal", "Pa"}, {"principal", "Pb"}, {"access_key", "Kx"}}),
              UnorderedElementsAre("ax", "bx"));
  EXPECT_THAT(found({{"entity", "principal:Pa"}, {"entity", "access_key:Kx"}}), UnorderedElementsAre("ax", "ay", "bx"));
  EXPECT_THAT(found({{"principal", "Pa"}, {"access_key", "!Kx"}}), UnorderedElementsAre("ay"));
  EXPECT_THAT(found({{"principal", "!Pa"}, {"access_key", "!Kx"}}), UnorderedElementsAre("by"));
}

TEST_F(FindingQueryTest, ComparesTheTextOfAnEntityAndNotOnlyItsHash) {
  add("mine", kWeb, [](Finding& f) { add_entity(f, EntityKind::kPrincipal, "AIDAMINE", FindingRole::kActor); });
  add("twin", kWeb, [](Finding& f) { add_entity(f, EntityKind::kPrincipal, "AIDATWIN", FindingRole::kActor); });
  seed_.admin_exec(
      "UPDATE finding_entity SET entity_hash = (SELECT entity_hash FROM finding_entity WHERE entity_key = 'AIDAMINE') "
      "WHERE entity_key = 'AIDATWIN'");
  EXPECT_THAT(found({{"principal", "AIDAMINE"}}), ElementsAre("mine"));
  EXPECT_THAT(found({{"principal", "!AIDAMINE"}}), ElementsAre("twin"));
  EXPECT_THAT(detail("mine").related, IsEmpty());
}

TEST_F(FindingQueryTest, LeavesOutSamplesAndArchivedOnesUnlessAskedFor) {
  add("plain");
  add("sample", kWeb, [](Finding& f) { f.sample = true; });
  add("archived", kWeb, [](Finding& f) { f.archived = true; });
  add("resolved");
  add("suppressed");
  add("notified");
  seed_.admin_exec(
      "UPDATE finding SET status = provider_id WHERE provider_id IN ('resolved', 'suppressed', 'notified')");
  EXPECT_THAT(found({}), UnorderedElementsAre("plain", "resolved", "suppressed", "notified"));
  EXPECT_THAT(found({{"sample", "true"}}), UnorderedElementsAre("sample"));
  EXPECT_THAT(found({{"archived", "true"}}), UnorderedElementsAre("archived"));
  EXPECT_THAT(found({{"record_state", "archived"}}), UnorderedElementsAre("archived"));
  EXPECT_THAT(found({{"sample", "any"}, {"archived", "any"}}).size(), 6U);
  EXPECT_THAT(found({{"open", "true"}}), UnorderedElementsAre("plain", "notified"));
  EXPECT_THAT(found({{"open", "true"}, {"sample", "any"}}), UnorderedElementsAre("plain", "notified", "sample"));
  EXPECT_THAT(found({{"open", "true"}, {"archived", "any"}}), UnorderedElementsAre("plain", "notified"));
  EXPECT_THAT(found({{"open", "false"}}), UnorderedElementsAre("archived", "resolved", "suppressed"));
  EXPECT_THAT(found({{"open", "false"}, {"archived", "false"}}), UnorderedElementsAre("resolved", "suppressed"));
}

TEST_F(FindingQueryTest, UsesTheEffectiveSeverityWhereOneIsSet) {
  add("raised", kWeb, [](Finding& f) {
    f.severity = 2;
    f.severity_label = schema::Severity::kLow;
  });
  add("medium");
  seed_.admin_exec(
      "UPDATE finding SET effective_severity = 9, effective_severity_label = 5 WHERE provider_id = 'raised'");
  EXPECT_THAT(found({{"severity", "critical"}}), ElementsAre("raised"));
  EXPECT_THAT(found({{"severity", "low"}}), IsEmpty());
  EXPECT_THAT(found({{"sort", "severity"}}), ElementsAre("raised", "medium"));
  const auto row = page({{"severity", "critical"}}).rows.at(0);
  EXPECT_EQ(row.severity, 2);
  EXPECT_EQ(row.effective_severity, 9);
}

TEST_F(FindingQueryTest, TakesAHalfOpenInterval) {
  add("first", kWeb, [](Finding& f) { f.last_seen_us = at("2026-11-21T00:00:00Z"); });
  add("second", kWeb, [](Finding& f) { f.last_seen_us = at("2026-11-21T00:00:00.000001Z"); });
  add("third", kWeb, [](Finding& f) { f.last_seen_us = at("2026-11-21T00:00:00.000002Z"); });
  EXPECT_THAT(found({{"from", "2026-11-21T00:00:00.000001Z"}, {"to", "2026-11-21T00:00:00.000002Z"}}),
              ElementsAre("second"));
  EXPECT_THAT(found({{"from", "2026-11-21T00:00:00.000001Z"}}), ElementsAre("third", "second"));
  EXPECT_THAT(found({{"to", "2026-11-21T00:00:00.000002Z"}}), ElementsAre("second", "first"));
}

// Twelve findings with ties in every sort key, severities without a number and without a label among them.
void add_tied(FindingSeed& seed, auto&& add) {
  const std::vector<std::pair<std::optional<double>, schema::Severity>> severities = {
      {std::nullopt, schema::Severity::kUnknown},
      {5, schema::Severity::kMedium},
      {8.9, schema::Severity::kHigh},
      {std::nullopt, schema::Severity::kHigh},
      {0, schema::Severity::kInformational},
      {99, schema::Severity::kUnknown}};
  for (int i = 0; i < 12; ++i) {
    add("f" + std::to_string(i), i % 3 == 0 ? kAudit : kWeb, [&](Finding& f) {
      std::tie(f.severity, f.severity_label) = severities[static_cast<std::size_t>(i % 6)];
      f.count = i % 2 + 1;
      f.region = i % 4 == 0 ? "" : i % 4 == 1 ? "B" : i % 4 == 2 ? "a" : "é";
      f.type = i % 5 < 3 ? "T:R/x" : std::string(300, 'y') + std::to_string(i % 2);
      f.first_seen_us = at("2026-11-10T00:00:00Z") + i % 3;
      f.last_seen_us = at("2026-11-20T00:00:00Z") + i % 4;
    });
  }
  seed.admin_exec("UPDATE finding SET count = 9223372036854775807 WHERE provider_id = 'f7'");
}

TEST_F(FindingQueryTest, GivesTheSameOrderWholeAndPageByPage) {
  add_tied(seed_,
           [&](const std::string& name, const std::string& account, auto&& change) { add(name, account, change); });
  for (const std::string sort : {"last_seen", "first_seen", "severity", "count", "type", "account", "region"}) {
    std::vector<std::string> forwards;
    for (const std::string order : {"asc", "desc"}) {
      const auto whole = found({{"sort", sort}, {"order", order}});
      ASSERT_EQ(whole.size(), 12U);
      for (const std::string limit : {"1", "3", "11", "12"})
        EXPECT_EQ(walked({{"sort", sort}, {"order", order}}, limit), whole) << sort << " " << order << " by " << limit;
      if (order == "asc")
        forwards = whole;
      else
        EXPECT_EQ(whole, std::vector<std::string>(forwards.rbegin(), forwards.rend())) << sort;
    }
  }
}

TEST_F(FindingQueryTest, SortsSeveritiesByLabelThenNumberWithMissingOnesFirst) {
  add_tied(seed_,
           [&](const std::string& name, const std::string& account, auto&& change) { add(name, account, change); });
  std::vector<std::pair<int, double>> keys;
  for (const auto& row : page({{"sort", "severity"}, {"order", "asc"}}).rows)
    keys.emplace_back(row.effective_severity_label, row.effective_severity.value_or(-1));
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  EXPECT_EQ(keys.front(), std::make_pair(0, -1.0));
  EXPECT_EQ(keys.back(), std::make_pair(4, 8.9));
}

TEST_F(FindingQueryTest, EndsAPageExactlyAtTheLastRow) {
  for (int i = 0; i < 4; ++i) add("f" + std::to_string(i));
  EXPECT_FALSE(page({{"limit", "4"}}).next_cursor.has_value());
  EXPECT_TRUE(page({{"limit", "3"}}).next_cursor.has_value());
  EXPECT_EQ(page({{"limit", "3"}}).total, 4);
}

TEST_F(FindingQueryTest, RefusesACursorOfAnotherQuestionAndAForgedOne) {
  for (int i = 0; i < 3; ++i) add("f" + std::to_string(i));
  const auto cursor = *page({{"limit", "1"}}).next_cursor;
  const auto refused = [&](List parameters) {
    const auto answer = finding_page(seed_.warehouse(), AccountScope::all(), request_of(parameters));
    EXPECT_FALSE(answer.has_value());
    return !answer && answer.error().code == Code::kBadCursor;
  };
  EXPECT_TRUE(refused({{"cursor", cursor}, {"severity", "medium"}}));
  EXPECT_TRUE(refused({{"cursor", cursor}, {"order", "asc"}}));
  EXPECT_TRUE(refused({{"cursor", "nonsense"}}));
  const auto question = question_hash(canonical_text(request_of({})));
  const std::string uid(32, '0');
  EXPECT_TRUE(refused({{"cursor", encode_cursor("findings", question, {"infinity", kWeb, uid})}}));
  EXPECT_TRUE(refused({{"cursor", encode_cursor("findings", question, {"2026-11-20T00:00:00Z", "1 OR 1=1", uid})}}));
  EXPECT_TRUE(refused({{"cursor", encode_cursor("findings", question, {"2026-11-20T00:00:00Z", kWeb, "x"})}}));
  const auto by_count = question_hash(canonical_text(request_of({{"sort", "count"}})));
  for (const std::string number : {"nan", "inf", "1e", "", "0x1", "1e999"})
    EXPECT_TRUE(refused({{"sort", "count"}, {"cursor", encode_cursor("findings", by_count, {number, kWeb, uid})}}))
        << number;
}

TEST_F(FindingQueryTest, CountsOccurrencesBesideFindings) {
  add("a", kWeb, [](Finding& f) { f.count = 5; });
  add("b", kWeb, [](Finding& f) { f.count = 7; });
  auto totals = finding_totals(seed_.warehouse(), AccountScope::all(), {});
  EXPECT_EQ(totals->total, 2);
  EXPECT_EQ(totals->occurrences, 12);
  seed_.admin_exec("UPDATE finding SET count = 9223372036854775807");
  totals = finding_totals(seed_.warehouse(), AccountScope::all(), {});
  ASSERT_TRUE(totals.has_value()) << "a sender's absurd counts must not break the page";
  EXPECT_EQ(totals->occurrences, 9223372036854775807);
}

TEST_F(FindingQueryTest, FacetsEqualTheListsThatTheyLinkTo) {
  add_tied(seed_,
           [&](const std::string& name, const std::string& account, auto&& change) { add(name, account, change); });
  seed_.admin_exec("INSERT INTO account (account_id, name) VALUES ('" + kWeb + "', 'web')");
  seed_.admin_exec("UPDATE finding SET count = 2 WHERE provider_id = 'f7'");
  seed_.admin_exec(
      "UPDATE finding SET status = 'notified', resource_type = NULL WHERE provider_id IN ('f1', 'f2', 'f3')");
  for (const List& base :
       {List{}, List{{"severity", "high"}}, List{{"severity", "!unknown"}, {"region", "a,B"}},
        List{{"status", "new"}, {"account_id", kWeb}, {"type_purpose", "T"}}, List{{"severity", "critical"}}}) {
    const auto facets = finding_facets(seed_.warehouse(), AccountScope::all(), request_of(base).filter);
    ASSERT_TRUE(facets.has_value()) << facets.error().detail;
    EXPECT_EQ(facets->totals.total, page(base).total);
    ASSERT_EQ(facets->facets.size(), 8U);
    for (const auto& facet : facets->facets) {
      List without;
      for (const auto& parameter : base)
        if (parameter.first != facet.name) without.push_back(parameter);
      std::int64_t sum = 0;
      for (const auto& value : facet.values) {
        auto with = without;
        with.emplace_back(facet.name, value.value);
        EXPECT_EQ(value.count, page(with).total) << facet.name << "=" << value.value;
        sum += value.count;
        EXPECT_EQ(value.label.value_or(""), value.value == kWeb ? "web" : "");
      }
      EXPECT_EQ(sum, page(without).total) << facet.name;
    }
  }
}

TEST_F(FindingQueryTest, FacetsHaveAsManyValuesAsTheLimitAndNoMore) {
  add("one");
  const auto clone = [&](int from, int to) {
    seed_.admin_exec("CREATE TEMP TABLE copy AS SELECT * FROM finding WHERE provider_id = 'one'");
    for (int i = from; i <= to; ++i)
      seed_.admin_exec("UPDATE copy SET finding_uid = gen_random_uuid(), type = 'T" + std::to_string(i) +
                       "', provider_id = 'copy'; INSERT INTO finding SELECT * FROM copy");
    seed_.admin_exec("DROP TABLE copy");
  };
  const auto types = [&] {
    return finding_facets(seed_.warehouse(), AccountScope::all(), {})->facets.at(3).values.size();
  };
  clone(2, kFacetValuesMax);
  EXPECT_EQ(types(), static_cast<std::size_t>(kFacetValuesMax));
  clone(kFacetValuesMax + 1, kFacetValuesMax + 1);
  EXPECT_EQ(types(), static_cast<std::size_t>(kFacetValuesMax));
}

TEST_F(FindingQueryTest, ShowsNothingOutsideTheScope) {
  add("web", kWeb, [](Finding& f) { add_entity(f, EntityKind::kPrincipal, "AIDAX", FindingRole::kActor); });
  add("audit", kAudit, [](Finding& f) { add_entity(f, EntityKind::kPrincipal, "AIDAX", FindingRole::kActor); });
  const auto audit = *AccountScope::of({kAudit});
  EXPECT_THAT(found({}, audit), ElementsAre("audit"));
  EXPECT_THAT(found({{"account_id", kWeb}}, audit), IsEmpty());
  EXPECT_THAT(found({{"principal", "AIDAX"}}, audit), ElementsAre("audit"));
  EXPECT_THAT(found({}, AccountScope::none()), IsEmpty());
  EXPECT_EQ(page({{"principal", "AIDAX"}}, audit).rows.at(0).related, 0)
      << "the other account's finding must not be counted";
  EXPECT_EQ(page(List{}).rows.at(0).related, 1);
  EXPECT_THAT(detail("audit", audit).related, IsEmpty());
  const auto facets = finding_facets(seed_.warehouse(), audit, {});
  EXPECT_EQ(facets->totals.total, 1);
  EXPECT_EQ(facets->facets.at(1).values.size(), 1U);
}

TEST_F(FindingQueryTest, GivesOneAnswerForForeignUnknownAndMalformedIds) {
  const auto foreign = add("web");
  const auto audit = *AccountScope::of({kAudit});
  const std::string zeros(32, '0');
  std::set<std::string> details;
  for (const auto& id : {foreign, kAudit + "-" + zeros, kAudit + "-" + zeros.substr(1), std::string("x"), std::string(),
                         "1-" + zeros, foreign + "0", std::string("111122223333-") + std::string(32, 'G')}) {
    for (const auto& error : {finding_detail(seed_.warehouse(), audit, id, kNow).error(),
                              finding_activity(seed_.warehouse(), audit, id, kNow).error(),
                              finding_raw(seed_.warehouse(), audit, id, std::nullopt).error()}) {
      EXPECT_EQ(error.code, Code::kNotFound) << id;
      details.insert(error.detail);
    }
  }
  EXPECT_EQ(details.size(), 1U);
}

TEST_F(FindingQueryTest, UnitesTheEvidenceOfAllVersions) {
  const auto version = [&](int hour, const std::string& ip, int count, const std::string& api) {
    add("f", kWeb, [&](Finding& f) {
      f.updated_us = f.last_seen_us = at("2026-11-20T00:00:00Z") + hour * schema::kMicrosPerHour;
      f.count = count;
      add_entity(f, EntityKind::kIpAddress, ip, FindingRole::kRemote, "", R"({"country":"NL"})");
      f.raw = R"({"service":{"action":{"awsApiCallAction":{"serviceName":"iam.amazonaws.com","api":")" + api +
              R"("}}}, "v":)" + std::to_string(hour) + "}\n";
    });
  };
  version(12, "198.51.100.2", 2, "ListUsers");
  version(10, "198.51.100.1", 1, "GetUser");
  version(14, "198.51.100.3", 3, "ListUsers");
  const auto answer = detail("f");
  EXPECT_EQ(answer.row.count, 3);
  EXPECT_EQ(answer.row.first_seen_at.us, at("2026-11-20T10:00:00Z"));
  std::vector<std::string> ips;
  for (const auto& entity : answer.entities) {
    ips.push_back(entity.entity.key);
    EXPECT_EQ(entity.attributes_json, R"({"country": "NL"})");
  }
  EXPECT_THAT(ips, ElementsAre("198.51.100.3", "198.51.100.2", "198.51.100.1"));
  EXPECT_THAT(answer.apis, UnorderedElementsAre(ApiEvidence{"iam.amazonaws.com", "ListUsers", std::nullopt},
                                                ApiEvidence{"iam.amazonaws.com", "GetUser", std::nullopt}));
  ASSERT_EQ(answer.versions.size(), 3U);
  EXPECT_EQ(answer.versions[0].count, 3);
  EXPECT_EQ(answer.versions[2].count, 1);
  EXPECT_EQ(answer.activity.lanes.size(), 3U);
  EXPECT_EQ(answer.activity.lanes[0].entity.key, "198.51.100.3");
  EXPECT_EQ(answer.activity.window, (schema::TimeRange{at("2026-11-20T10:00:00Z"), at("2026-11-20T14:00:01Z")}));
  EXPECT_EQ(answer.activity.scope, (schema::TimeRange{at("2026-11-20T09:00:00Z"), at("2026-11-21T14:00:00Z")}));
  const auto activity = finding_activity(seed_.warehouse(), AccountScope::all(), ids_["f"], kNow);
  ASSERT_TRUE(activity.has_value());
  EXPECT_EQ(activity->lanes, answer.activity.lanes);
  EXPECT_EQ(activity->scope, answer.activity.scope);
}

TEST_F(FindingQueryTest, GivesTheExactBytesOfEveryVersion) {
  const std::string old_raw = "{ \"b\" : 1,\r\n\t\"a\":[1.0,1e2, 18446744073709551616], \"t\":\"\\u00e9é\" }\n\n";
  const auto id = add("f", kWeb, [&](Finding& f) { f.raw = old_raw; });
  add("f", kWeb, [&](Finding& f) {
    f.raw = "{\"new\":true}";
    f.updated_us += 1;
  });
  const auto raw = [&](std::optional<std::string_view> version) {
    return finding_raw(seed_.warehouse(), AccountScope::all(), id, version);
  };
  EXPECT_EQ(*raw(std::nullopt), "{\"new\":true}");
  const auto versions = detail("f").versions;
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_EQ(*raw(hex_of(versions[0].version_id)), "{\"new\":true}");
  EXPECT_EQ(*raw(hex_of(versions[1].version_id)), old_raw);
  EXPECT_EQ(versions[1].bytes, static_cast<std::int64_t>(old_raw.size()));
  EXPECT_EQ(raw(std::string(32, '0')).error().code, Code::kNotFound);
  EXPECT_EQ(raw("").error().code, Code::kNotFound);
  seed_.admin_exec("UPDATE finding_version SET raw = '\\x07aa'");
  EXPECT_EQ(raw(std::nullopt).error().code, Code::kBadRecord);
  EXPECT_TRUE(finding_detail(seed_.warehouse(), AccountScope::all(), id, kNow).has_value());
}

TEST_F(FindingQueryTest, LinksFactsToTheEntitiesThatTheyAre) {
  add("f", kWeb, [](Finding& f) {
    add_entity(f, EntityKind::kPrincipal, "AIDAX", FindingRole::kActor, "alice");
    add_entity(f, EntityKind::kAccessKey, "AKIAX", FindingRole::kActor);
    f.facts = {{"Access key", "AKIAX"}, {"User", "alice"}, {"User type", "IAMUser"}, {"Odd", "<b>\"'\\"}};
    f.description = "d";
    f.remediation_url = "https://example.com/fix";
    f.detector_id = "det";
  });
  const auto answer = detail("f");
  ASSERT_EQ(answer.facts.size(), 4U);
  EXPECT_EQ(answer.facts[0].entity, (schema::Entity{EntityKind::kAccessKey, "AKIAX", ""}));
  EXPECT_EQ(answer.facts[1].entity, (schema::Entity{EntityKind::kPrincipal, "AIDAX", "alice"}));
  EXPECT_EQ(answer.facts[2].entity, std::nullopt);
  EXPECT_EQ(answer.facts[3].value, "<b>\"'\\");
  EXPECT_EQ(answer.description, "d");
  EXPECT_EQ(answer.provider_id, "f");
  EXPECT_EQ(answer.detector_id, "det");
  EXPECT_EQ(answer.generator_id, std::nullopt);
  EXPECT_EQ(answer.type_parts.family, "MaliciousIPCaller");
}

TEST_F(FindingQueryTest, RelatesFindingsThatShareAnEntityOfTheirOwn) {
  const auto finding = [&](const std::string& name, const std::string& day, auto&& entities) {
    add(name, name == "other-account" ? kAudit : kWeb, [&](Finding& f) {
      f.last_seen_us = f.first_seen_us = at("2026-11-" + day + "T00:00:00Z");
      entities(f);
    });
  };
  const auto principal = [](Finding& f) {
    add_entity(f, EntityKind::kPrincipal, "AIDAX", FindingRole::kActor, "alice");
  };
  const auto key = [](Finding& f) { add_entity(f, EntityKind::kAccessKey, "AKIAX", FindingRole::kActor); };
  const auto vpc = [](Finding& f) { add_entity(f, EntityKind::kResource, "vpc-1", FindingRole::kRelated); };
  const auto service = [](Finding& f) {
    add_entity(f, EntityKind::kPrincipal, "service:ec2.amazonaws.com", FindingRole::kActor);
  };
  finding("me", "20", [&](Finding& f) { principal(f), key(f), vpc(f), service(f); });
  finding("both", "10", [&](Finding& f) { principal(f), key(f); });
  finding("old", "11", principal);
  finding("other-account", "12", principal);
  finding("same-vpc", "13", vpc);
  finding("same-service", "14", service);
  const auto answer = detail("me");
  std::vector<std::string> related;
  for (const auto& one : answer.related) related.push_back(names_[finding_id(one.row.key())]);
  EXPECT_THAT(related, ElementsAre("both", "other-account", "old"));
  EXPECT_THAT(answer.related[0].shared, UnorderedElementsAre(schema::Entity{EntityKind::kPrincipal, "AIDAX", "alice"},
                                                             schema::Entity{EntityKind::kAccessKey, "AKIAX", ""}));
  EXPECT_EQ(answer.row.related, 3) << "the list and the finding tell one number";
  EXPECT_EQ(page({{"access_key", "AKIAX"}, {"to", "2026-11-11T00:00:00Z"}}).rows.at(0).related, 3);
}

TEST_F(FindingQueryTest, CountsRelatedFindingsUpToTheLimit) {
  add("one", kWeb, [](Finding& f) { add_entity(f, EntityKind::kAccessKey, "AKIAX", FindingRole::kActor); });
  const auto clone = [&](std::int64_t copies) {
    seed_.admin_exec("WITH copy AS (INSERT INTO finding SELECT new.* FROM finding AS f, generate_series(1, " +
                     std::to_string(copies) +
                     ") AS n, LATERAL jsonb_populate_record(f, jsonb_build_object('finding_uid', gen_random_uuid(), "
                     "'title', n)) AS new "
                     "WHERE f.finding_uid = '" +
                     to_string(parse_finding_id(ids_["one"])->finding_uid) +
                     "' RETURNING account_id, finding_uid) INSERT INTO finding_entity SELECT c.account_id, "
                     "c.finding_uid, e.kind, e.entity_key, "
                     "e.role, e.position, e.entity_hash, e.name, e.attributes, e.detail_order, e.first_seen_at, "
                     "e.last_seen_at FROM copy AS c, "
                     "finding_entity AS e WHERE e.finding_uid = '" +
                     to_string(parse_finding_id(ids_["one"])->finding_uid) + "'");
  };
  clone(kRelatedCountMax - 1);
  EXPECT_EQ(page(List{}).rows.at(0).related, kRelatedCountMax - 1);
  clone(1);
  EXPECT_EQ(page(List{}).rows.at(0).related, kRelatedCountMax);
  clone(1);
  EXPECT_EQ(page(List{}).rows.at(0).related, kRelatedCountMax);
  EXPECT_EQ(detail("one").related.size(), kRelatedRowsMax);
}

TEST_F(FindingQueryTest, ListsTheFindingsOfAnEntityWhateverTheirState) {
  const auto named = [](Finding& f) {
    add_entity(f, EntityKind::kInstance, "i-0123456789abcdef0", FindingRole::kTarget);
  };
  add("plain", kWeb, named);
  add("archived", kWeb, [&](Finding& f) { named(f), f.archived = true; });
  add("sample", kAudit, [&](Finding& f) { named(f), f.sample = true; });
  add("unrelated");
  const schema::Entity instance{EntityKind::kInstance, "i-0123456789abcdef0", ""};
  auto rows = finding_rows_for_entity(seed_.warehouse(), AccountScope::all(), instance, 10);
  ASSERT_TRUE(rows.has_value());
  EXPECT_EQ(rows->size(), 3U);
  EXPECT_EQ(finding_rows_for_entity(seed_.warehouse(), AccountScope::all(), instance, 2)->size(), 2U);
  EXPECT_EQ(finding_rows_for_entity(seed_.warehouse(), *AccountScope::of({kAudit}), instance, 10)->size(), 1U);
}

TEST_F(FindingQueryTest, ExportsWhatTheListShowsInItsOrder) {
  add_tied(seed_,
           [&](const std::string& name, const std::string& account, auto&& change) { add(name, account, change); });
  const auto request = request_of({{"sort", "severity"}, {"account_id", kWeb}});
  const auto keys = finding_export_keys(seed_.warehouse(), AccountScope::all(), request);
  ASSERT_TRUE(keys.has_value());
  const auto rows = finding_rows(seed_.warehouse(), AccountScope::all(), *keys);
  ASSERT_TRUE(rows.has_value());
  std::vector<std::string> exported;
  for (const auto& row : *rows) exported.push_back(names_[finding_id(row.key())]);
  EXPECT_EQ(exported, names_of(page(request)));
  EXPECT_EQ(finding_export_keys(seed_.warehouse(), AccountScope::all(), request, 8)->size(), 8U);
  EXPECT_EQ(finding_export_keys(seed_.warehouse(), AccountScope::all(), request, 7).error().code, Code::kTooLarge);
  EXPECT_EQ(finding_rows(seed_.warehouse(), *AccountScope::of({kAudit}), *keys)->size(), 0U);
}

TEST_F(FindingQueryTest, TakesHostileTextAsText) {
  const std::string hostile = "'; DROP TABLE finding; --\"\\,{}$1 %s <script>";
  add("f", kWeb, [&](Finding& f) {
    f.type = hostile;
    f.region = hostile;
    f.title = hostile;
    add_entity(f, EntityKind::kPrincipal, hostile, FindingRole::kActor, hostile);
  });
  add("plain");
  FindingPageRequest request;
  for (auto* choice : {&request.filter.type, &request.filter.region}) choice->any_of = {hostile};
  request.filter.title.any_of = {hostile};
  request.filter.named = {{{EntityKind::kPrincipal, hostile, {}}}};
  EXPECT_EQ(names_of(page(request)), (std::vector<std::string>{"f"}));
  for (const std::string sort : {"type", "region"}) EXPECT_EQ(walked({{"sort", sort}}, "1").size(), 2U);
}

TEST_F(FindingQueryTest, StopsAfterAPageInTheDefaultOrder) {
  add("one");
  seed_.admin_exec(
      "INSERT INTO finding SELECT copy.* FROM finding AS f, generate_series(1, 20000) AS n, LATERAL "
      "jsonb_populate_record(f, "
      "jsonb_build_object('finding_uid', gen_random_uuid(), 'last_seen_at', f.last_seen_at - n * interval '1 minute')) "
      "AS copy; "
      "ANALYZE finding");
  const auto plan = seed_.api().read(AccountScope::all(), [&](schema::Transaction& tx) -> schema::Result<std::string> {
    tx.exec_text("SET LOCAL plan_cache_mode = force_custom_plan");
    tx.exec_text(std::string("PREPARE tried AS ") + sql::finding_page.text);
    std::string arguments;
    for (int i = 1; i <= 23; ++i) arguments += "NULL, ";
    arguments +=
        "false, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'last_seen', true, NULL, NULL, NULL, NULL, NULL, 51";
    std::string text;
    for (const auto& row : tx.exec_text("EXPLAIN (COSTS OFF) EXECUTE tried (" + arguments + ")"))
      text += row[0].as<std::string>() + "\n";
    return text;
  });
  ASSERT_TRUE(plan.has_value()) << plan.error().detail;
  EXPECT_THAT(*plan, HasSubstr("Index Scan Backward using finding_last_seen"));
  EXPECT_THAT(*plan, Not(HasSubstr("Seq Scan on finding")));
}

}  // namespace
}  // namespace backtrail::query
