// The overview: one number everywhere. Every figure is compared with the total of the list that its link opens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <string>

#include "query/findings/finding_queries.hpp"
#include "query/findings/summary.hpp"
#include "query/quarantine_queries.hpp"
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
using ::testing::IsEmpty;
using ::testing::StartsWith;

using List = std::vector<Parameter>;
const std::string kWeb = "111122223333", kAudit = "444455556666", kThird = "777788889999";
const std::int64_t kNow = at("2026-11-21T12:00:00Z");

class SummaryTest : public ::testing::Test {
 protected:
  Summary answer(const SummaryRequest& request, const AccountScope& scope = AccountScope::all()) {
    auto figures = summary(seed_.warehouse(), scope, request);
    EXPECT_TRUE(figures.has_value()) << (figures ? "" : figures.error().detail);
    return figures ? std::move(*figures) : Summary{};
  }
  static SummaryRequest request_of(const List& parameters) {
    const auto request = parse_summary_request(parameters, kNow);
    EXPECT_TRUE(request.has_value()) << (request ? "" : request.error().detail);
    return request ? *request : SummaryRequest{};
  }
  // The total of GET /findings with the overview's interval and these filters.
  std::int64_t listed(const SummaryRequest& request, List filters, const AccountScope& scope = AccountScope::all()) {
    const auto given = [&](const char* name) {
      return std::any_of(filters.begin(), filters.end(), [&](const auto& one) { return one.first == name; });
    };
    if (!given("from")) filters.emplace_back("from", schema::format_rfc3339(request.range.from_us));
    if (!given("to")) filters.emplace_back("to", schema::format_rfc3339(request.range.to_us));
    if (request.include_samples) filters.emplace_back("sample", "any");
    const auto filter = parse_finding_filter(filters);
    EXPECT_TRUE(filter.has_value()) << (filter ? "" : filter.error().detail);
    return finding_totals(seed_.warehouse(), scope, *filter).value().total;
  }
  void expect_one_number_everywhere(const SummaryRequest& request, const AccountScope& scope = AccountScope::all());
  void add_many(unsigned seed, int count);

  FindingSeed seed_;
};

// Findings of every kind around the interval, drawn from a printed seed.
void SummaryTest::add_many(unsigned seed, int count) {
  std::mt19937 random(seed);
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const std::vector<std::string> accounts{kWeb, kAudit, kThird};
  for (int i = 0; i < count; ++i) {
    seed_.add(
        FindingSeed::finding(accounts[static_cast<std::size_t>(pick(3))], "f" + std::to_string(i), [&](Finding& f) {
          f.last_seen_us = at("2026-11-06T00:00:00Z") + std::int64_t{pick(17 * 24)} * schema::kMicrosPerHour;
          f.first_seen_us = f.last_seen_us - pick(100) * schema::kMicrosPerHour;
          f.severity_label = static_cast<schema::Severity>(pick(6));
          f.severity = pick(2) == 0 ? std::optional<double>() : schema::severity_value(f.severity_label);
          f.region = pick(3) == 0 ? "us-east-1" : "eu-west-1";
          f.type = "T:R/" + std::to_string(pick(25));
          f.count = 1 + pick(9);
          f.archived = pick(6) == 0;
          f.sample = pick(6) == 0;
          add_entity(f, EntityKind::kPrincipal, "AIDA" + std::to_string(pick(5)), FindingRole::kActor, "user");
          add_entity(f, EntityKind::kPrincipal, "AIDA" + std::to_string(pick(5)), FindingRole::kTarget);
          add_entity(f, EntityKind::kIpAddress, "198.51.100." + std::to_string(pick(30)), FindingRole::kRemote);
        }));
  }
  seed_.admin_exec(
      "UPDATE finding SET status = (ARRAY['new', 'in_progress', 'notified', 'resolved', 'suppressed'])[1 + "
      "(hashtext(provider_id) & 3)], "
      "assignee = CASE WHEN hashtext(provider_id) & 8 = 0 THEN 'carol' END, effective_severity_label = CASE WHEN "
      "hashtext(provider_id) "
      "& 48 = 0 THEN 5 END");
}

void SummaryTest::expect_one_number_everywhere(const SummaryRequest& request, const AccountScope& scope) {
  const auto figures = answer(request, scope);
  EXPECT_EQ(figures.findings, listed(request, {}, scope));
  EXPECT_EQ(figures.open, listed(request, {{"open", "true"}}, scope));
  std::int64_t open = 0;
  for (const auto severity : schema::kSeverities) {
    const auto count = figures.open_by_severity.at(static_cast<std::size_t>(severity));
    EXPECT_EQ(count, listed(request, {{"open", "true"}, {"severity", std::string(name_of(severity))}}, scope));
    open += count;
  }
  EXPECT_EQ(open, figures.open);
  std::int64_t by_day = 0;
  for (const auto& day : figures.by_day) {
    const auto from = std::max(schema::day_start(day.day), request.range.from_us);
    const auto to = std::min(schema::day_start(day.day + 1), request.range.to_us);
    for (const auto severity : schema::kSeverities) {
      const auto count = day.counts.at(static_cast<std::size_t>(severity));
      EXPECT_EQ(count, listed(request,
                              {{"severity", std::string(name_of(severity))},
                               {"from", schema::format_rfc3339(from)},
                               {"to", schema::format_rfc3339(to)}},
                              scope))
          << schema::format_day(day.day);
      by_day += count;
    }
  }
  EXPECT_EQ(by_day, figures.findings);
  std::int64_t in_cells = 0;
  for (const auto& cell : figures.account_region) {
    const List where{{"account_id", cell.account_id}, {"region", cell.region}};
    auto open_there = where;
    open_there.emplace_back("open", "true");
    EXPECT_EQ(cell.findings, listed(request, where, scope));
    EXPECT_EQ(cell.open, listed(request, open_there, scope));
    auto highest = cell.open > 0 ? open_there : where;
    highest.emplace_back("severity", std::string(name_of(cell.highest)));
    EXPECT_GT(listed(request, highest, scope), 0);
    in_cells += cell.findings;
  }
  EXPECT_EQ(in_cells, figures.findings);
  for (const auto& type : figures.by_type) {
    EXPECT_EQ(type.count, listed(request, {{"type", type.type}}, scope));
    EXPECT_GT(listed(request, {{"type", type.type}, {"severity", std::string(name_of(type.highest))}}, scope), 0);
  }
  for (const auto& top : figures.top_entities) {
    const auto entity = std::string(name_of(top.entity.kind)) + ":" + top.entity.key;
    EXPECT_EQ(top.findings, listed(request, {{"entity", entity}}, scope)) << entity;
    std::int64_t accounts = 0;
    for (const auto& account : {kWeb, kAudit, kThird})
      accounts += listed(request, {{"entity", entity}, {"account_id", account}}, scope) > 0 ? 1 : 0;
    EXPECT_EQ(top.accounts, accounts) << entity;
  }
}

TEST_F(SummaryTest, ShowsEveryFigureAsItsListCounts) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  add_many(seed, 150);
  expect_one_number_everywhere(request_of({}));
  expect_one_number_everywhere(request_of({{"include_samples", "true"}}));
  expect_one_number_everywhere(request_of({{"from", "2026-11-09T07:30:00Z"}, {"to", "2026-11-12T19:00:00.5Z"}}));
  expect_one_number_everywhere(request_of({}), *AccountScope::of({kAudit, kThird}));
}

TEST_F(SummaryTest, CountsOccurrencesAsTheListDoes) {
  add_many(7, 60);
  const auto request = request_of({});
  FindingFilter filter;
  filter.from_us = request.range.from_us;
  filter.to_us = request.range.to_us;
  EXPECT_EQ(answer(request).occurrences, finding_totals(seed_.warehouse(), AccountScope::all(), filter)->occurrences);
}

TEST_F(SummaryTest, CoversTheLastFourteenDaysByDefault) {
  const auto request = request_of({});
  EXPECT_EQ(request.range, (schema::TimeRange{at("2026-11-08T00:00:00Z"), at("2026-11-22T00:00:00Z")}));
  const auto figures = answer(request);
  ASSERT_EQ(figures.by_day.size(), 14U);
  EXPECT_EQ(schema::format_day(figures.by_day.front().day), "2026-11-08");
  EXPECT_EQ(schema::format_day(figures.by_day.back().day), "2026-11-21");
  EXPECT_EQ(figures.findings, 0);
  EXPECT_EQ(figures.oldest_unassigned.has_value(), false);
  EXPECT_THAT(figures.top_entities, IsEmpty());
}

TEST_F(SummaryTest, TouchesEveryDayOfTheInterval) {
  EXPECT_EQ(answer(request_of({{"from", "2026-11-20T23:59:59Z"}, {"to", "2026-11-21T00:00:00Z"}})).by_day.size(), 1U);
  EXPECT_EQ(answer(request_of({{"from", "2026-11-20T23:59:59Z"}, {"to", "2026-11-21T00:00:00.000001Z"}})).by_day.size(),
            2U);
}

TEST_F(SummaryTest, RefusesBadParameters) {
  const auto refused = [](const List& parameters) {
    const auto request = parse_summary_request(parameters, kNow);
    EXPECT_FALSE(request.has_value());
    return request ? std::string{} : request.error().detail;
  };
  EXPECT_THAT(refused({{"from", "2026-11-20T00:00:00Z"}}), StartsWith("to: "));
  EXPECT_THAT(refused({{"to", "2026-11-20T00:00:00Z"}}), StartsWith("from: "));
  EXPECT_THAT(refused({{"from", "2026-11-20T00:00:00Z"}, {"to", "2026-11-20T00:00:00Z"}}), StartsWith("to: "));
  EXPECT_THAT(refused({{"include_samples", "1"}}), StartsWith("include_samples: "));
  EXPECT_THAT(refused({{"days", "3"}}), StartsWith("there is a parameter"));
  const auto days = [](int count) {
    return List{{"from", "2016-01-01T00:00:00Z"},
                {"to", schema::format_rfc3339(at("2016-01-01T00:00:00Z") + count * schema::kMicrosPerDay)}};
  };
  EXPECT_TRUE(parse_summary_request(days(kSummaryDaysMax), kNow).has_value());
  EXPECT_THAT(refused(days(kSummaryDaysMax + 1)), StartsWith("from: "));
}

TEST_F(SummaryTest, PutsEntitiesOfSeveralAccountsFirstAndLeavesOutPrivateOnes) {
  const auto add = [&](const std::string& name, const std::string& account, const std::string& ip,
                       const std::string& principal) {
    seed_.add(FindingSeed::finding(account, name, [&](Finding& f) {
      if (!ip.empty()) add_entity(f, EntityKind::kIpAddress, ip, FindingRole::kRemote);
      if (!principal.empty()) add_entity(f, EntityKind::kPrincipal, principal, FindingRole::kActor, "someone");
    }));
  };
  for (int i = 0; i < 5; ++i) add("busy" + std::to_string(i), kWeb, "198.51.100.1", "");
  add("two-a", kWeb, "198.51.100.2", "AIDAX");
  add("two-b", kAudit, "198.51.100.2", "AIDAY");
  for (const std::string ip : {"10.1.2.3", "192.168.0.1", "172.16.0.1", "172.31.255.255", "127.0.0.1",
                               "169.254.169.254", "fd00::1", "fe80::1", "::1"})
    add("private-" + ip, kWeb, ip, "");
  add("service", kWeb, "172.32.0.1", "service:ec2.amazonaws.com");
  std::vector<std::string> keys;
  for (const auto& top : answer(request_of({})).top_entities) keys.push_back(top.entity.key);
  EXPECT_THAT(keys, ::testing::ElementsAre("198.51.100.2", "198.51.100.1", "AIDAX", "AIDAY", "172.32.0.1"));
}

TEST_F(SummaryTest, ShowsTheNewestAndTheOldestUnassigned) {
  for (int i = 0; i < 12; ++i)
    seed_.add(FindingSeed::finding(kWeb, "f" + std::to_string(i), [&](Finding& f) {
      f.last_seen_us = at("2026-11-10T00:00:00Z") + i * schema::kMicrosPerHour;
      f.first_seen_us = at("2026-11-01T00:00:00Z") + (12 - i) * schema::kMicrosPerHour;
    }));
  seed_.admin_exec(
      "UPDATE finding SET assignee = 'carol' WHERE provider_id = 'f11'; UPDATE finding SET status = 'resolved' WHERE "
      "provider_id = 'f10'");
  const auto figures = answer(request_of({}));
  ASSERT_EQ(figures.newest.size(), kSummaryNewestMax);
  EXPECT_EQ(figures.newest.front().last_seen_at.us, at("2026-11-10T11:00:00Z"));
  ASSERT_TRUE(figures.oldest_unassigned.has_value());
  EXPECT_EQ(figures.oldest_unassigned->first_seen_at.us, at("2026-11-01T03:00:00Z"));
}

class SummaryCountsTest : public SummaryTest {
 protected:
  void add_event(const std::string& account_id, const std::string& time) {
    seed_.admin_exec("SELECT create_event_partition('" + time.substr(0, 10) + "', '" + time.substr(0, 10) +
                     "'::date + 1)");
    add_event_row(account_id, time);
  }
  void add_event_row(const std::string& account_id, const std::string& time) {
    seed_.admin_exec(
        "INSERT INTO api_event (event_time, received_at, event_day, flags, event_id, content_fp, event_class, outcome, "
        "account_id, region, service, api, raw) VALUES ('" +
        time + "', '" + time + "', '" + time.substr(0, 10) + "', 0, gen_random_uuid(), gen_random_uuid(), 1, 1, '" +
        account_id + "', 'eu-west-1', 's3.amazonaws.com', 'GetObject', '\\x00')");
  }
  void quarantine(const std::string& account_id, const std::string& time) {
    seed_.admin_exec(
        "INSERT INTO quarantine (account_id, quarantine_id, reason, detail, door, key_id, origin, position, "
        "received_at, "
        "bytes, sha256, raw) VALUES ('" +
        account_id + "', gen_random_uuid(), 'syntax', 'd', 'raw', '', 'o', 0, '" + time +
        "', 3, '\\x00', '\\x616263')");
  }
};

TEST_F(SummaryCountsTest, CountsEventsQuarantineAndAccounts) {
  seed_.admin_exec("INSERT INTO account (account_id, registered_at) VALUES ('" + kWeb + "', now()), ('" + kAudit +
                   "', now()), ('222233334444', now())");
  seed_.admin_exec("INSERT INTO account (account_id) VALUES ('333344445555')");
  seed_.admin_exec("SELECT create_event_partition('2026-10-01', '2026-11-10')");
  seed_.add(FindingSeed::finding(kAudit, "f"));
  add_event(kWeb, "2026-11-20T00:00:00Z");
  add_event_row(kWeb, "2026-11-20T23:59:59.999999Z");
  add_event(kWeb, "2026-11-22T00:00:00Z");
  add_event_row("333344445555", "2026-11-09T05:00:00Z");
  add_event_row("222233334444", "2026-11-07T05:00:00Z");
  quarantine("", "2026-11-20T01:00:00Z");
  quarantine(kWeb, "2026-11-08T00:00:00Z");
  quarantine(kWeb, "2026-11-22T00:00:00Z");
  const auto request = request_of({});
  auto figures = answer(request);
  EXPECT_EQ(figures.events, 3);
  EXPECT_EQ(figures.quarantined, 2);
  EXPECT_EQ(figures.accounts_registered, 3);
  EXPECT_EQ(figures.accounts_reporting, 3) << "an event in a partition of one day, one in a wide partition, a finding";
  QuarantineRequest list;
  list.page.from_us = request.range.from_us;
  list.page.to_us = request.range.to_us;
  EXPECT_EQ(quarantine_page(seed_.warehouse(), AccountScope::all(), list)->total, figures.quarantined);
  figures = answer(request, *AccountScope::of({kWeb}));
  EXPECT_EQ(figures.events, 2);
  EXPECT_EQ(figures.quarantined, 1);
  EXPECT_EQ(figures.accounts_registered, 1);
  EXPECT_EQ(figures.accounts_reporting, 1);
  figures = answer(request_of({{"from", "2026-11-20T00:00:00.000001Z"}, {"to", "2026-11-20T23:59:59.999999Z"}}));
  EXPECT_EQ(figures.events, 0);
  EXPECT_EQ(figures.accounts_reporting, 1);
}

}  // namespace
}  // namespace backtrail::query
