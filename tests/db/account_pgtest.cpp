// The register of accounts and the list of accounts: imports, what stays, what is counted, when something last came.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string>

#include "query/account_queries.hpp"
#include "query/findings/finding_queries.hpp"
#include "schema/registry/accounts.hpp"
#include "tests/db/finding_seed.hpp"

namespace backtrail::query {
namespace {

using backtrail::testing::at;
using backtrail::testing::FindingSeed;
using schema::AccountScope;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::int64_t kNow = at("2026-11-21T12:00:00Z");

class AccountTest : public ::testing::Test {
 protected:
  std::size_t import(std::string_view text, std::int64_t now_us = kNow) {
    const auto done = schema::import_accounts(seed_.maintenance(), text, now_us);
    EXPECT_TRUE(done.has_value()) << (done ? "" : done.error().detail);
    return done ? done->imported : 0;
  }
  std::vector<AccountRow> list(const AccountScope& scope = AccountScope::all()) {
    auto rows = account_list(seed_.warehouse(), scope);
    EXPECT_TRUE(rows.has_value()) << (rows ? "" : rows.error().detail);
    return rows ? std::move(*rows) : std::vector<AccountRow>{};
  }
  std::vector<std::string> ids(const AccountScope& scope = AccountScope::all()) {
    std::vector<std::string> out;
    for (const auto& row : list(scope)) out.push_back(row.account_id);
    return out;
  }
  void add_event(const std::string& account_id, const std::string& time) {
    const auto day = time.substr(0, 10);
    seed_.admin_exec("SELECT create_event_partition('" + day + "', ('" + day + "'::date + 1))");
    add_event_row(account_id, time);
  }
  void add_event_row(const std::string& account_id, const std::string& time) {
    seed_.admin_exec(
        "INSERT INTO api_event (event_time, received_at, event_day, flags, event_id, content_fp, event_class, outcome, "
        "account_id, region, service, api, raw) VALUES ('" +
        time + "', '" + time + "', '" + time.substr(0, 10) + "', 0, gen_random_uuid(), gen_random_uuid(), 1, 1, '" +
        account_id + "', 'eu-west-1', 's3.amazonaws.com', 'GetObject', '\\x00')");
  }

  FindingSeed seed_;
};

TEST_F(AccountTest, AreImportedFromBothForms) {
  EXPECT_EQ(
      import("account_id,name,organizational_unit,owner,environment\n111122223333,web,Workloads,\"team, web\",prod\n"),
      1U);
  EXPECT_EQ(import(R"({"Accounts":[{"Id":"444455556666","Name":"audit","Email":"a@example.com","Status":"ACTIVE"}]})"),
            1U);
  const auto rows = list();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].account_name, "web");
  EXPECT_EQ(rows[0].owner, "team, web");
  EXPECT_EQ(rows[0].email, std::nullopt);
  EXPECT_TRUE(rows[0].registered);
  EXPECT_EQ(rows[1].account_name, "audit");
  EXPECT_EQ(rows[1].email, "a@example.com");
  EXPECT_EQ(rows[1].status, "ACTIVE");
}

TEST_F(AccountTest, KeepWhatAFileDoesNotSpeakAbout) {
  import("account_id,name,owner\n111122223333,web,team\n");
  import(R"({"Accounts":[{"Id":"111122223333","Name":"web 2","Email":"w@example.com"}]})");
  auto row = list().at(0);
  EXPECT_EQ(row.account_name, "web 2");
  EXPECT_EQ(row.owner, "team");
  import("account_id,owner\n111122223333,\n");
  row = list().at(0);
  EXPECT_EQ(row.account_name, "web 2");
  EXPECT_EQ(row.owner, std::nullopt) << "an empty cell empties the field";
  EXPECT_EQ(row.email, "w@example.com");
}

TEST_F(AccountTest, BecomeRegisteredWhenTheyWereSeenBefore) {
  seed_.admin_exec("INSERT INTO account (account_id, first_received_at) VALUES ('111122223333', now())");
  EXPECT_FALSE(list().at(0).registered);
  import("account_id,name\n111122223333,web\n");
  EXPECT_TRUE(list().at(0).registered);
  EXPECT_EQ(seed_.admin_exec("SELECT count(*) FROM account WHERE first_received_at IS NOT NULL")[0][0].as<int>(), 1);
}

TEST_F(AccountTest, StoreHostileNamesAsText) {
  import("account_id,name\n111122223333,\"'; DROP TABLE account; -- {\\,\"\"NULL\"\"}<b>\"\n444455556666,NULL\n");
  EXPECT_EQ(list().at(0).account_name, "'; DROP TABLE account; -- {\\,\"NULL\"}<b>");
  EXPECT_EQ(list().at(1).account_name, "NULL");
}

TEST_F(AccountTest, ReportRejectedLines) {
  const auto done = schema::import_accounts(seed_.maintenance(), "account_id,name\nx,y\n111122223333,web\n", kNow);
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->imported, 1U);
  EXPECT_EQ(done->rejected_count, 1U);
  EXPECT_EQ(done->rejected.at(0).line, 2U);
}

TEST_F(AccountTest, CountTheOpenFindingsThatTheListShows) {
  import("account_id,name\n111122223333,web\n777788889999,quiet\n");
  int number = 0;
  const auto add = [&](const std::string& account, auto&& change) {
    seed_.add(FindingSeed::finding(account, "f" + std::to_string(number++), change));
  };
  const auto nothing = [](schema::Finding&) {};
  add("111122223333", nothing);
  add("111122223333", [](schema::Finding& f) { f.last_seen_us = at("2026-11-20T15:00:00Z"); });
  add("111122223333", [](schema::Finding& f) { f.archived = true; });
  add("111122223333", [](schema::Finding& f) {
    f.sample = true;
    f.last_seen_us = at("2026-11-21T00:00:00Z");
  });
  add("111122223333", nothing);
  seed_.admin_exec("UPDATE finding SET status = 'resolved' WHERE provider_id = 'f4'");
  add("444455556666", nothing);
  const auto rows = list();
  ASSERT_EQ(rows.size(), 3U) << "an account that sent findings is listed although nobody registered it";
  EXPECT_EQ(rows[0].open_findings, 2);
  EXPECT_EQ(rows[0].last_finding_us, at("2026-11-20T15:00:00Z"));
  EXPECT_EQ(rows[1].account_id, "444455556666");
  EXPECT_FALSE(rows[1].registered);
  EXPECT_EQ(rows[2].open_findings, 0);
  EXPECT_EQ(rows[2].last_finding_us, std::nullopt);
  for (const auto& row : rows) {
    FindingFilter filter;
    filter.open = true;
    filter.account_id.any_of = {row.account_id};
    EXPECT_EQ(finding_totals(seed_.warehouse(), AccountScope::all(), filter)->total, row.open_findings)
        << row.account_id;
  }
}

TEST_F(AccountTest, KnowTheNewestEventHoweverLongAgo) {
  import("account_id\n111122223333\n222233334444\n333344445555\n444455556666\n");
  // 333344445555 shares a partition of many days; 222233334444 is quiet behind more recent events than are looked at.
  seed_.admin_exec("SELECT create_event_partition('2019-01-01', '2020-01-01')");
  add_event_row("333344445555", "2019-03-01T00:00:00Z");
  add_event_row("333344445555", "2019-03-02T01:02:03.000004Z");
  add_event("222233334444", "2026-11-18T08:00:00Z");
  add_event_row("222233334444", "2026-11-18T09:00:00Z");
  add_event("111122223333", "2026-11-20T10:00:00Z");
  seed_.admin_exec(
      "INSERT INTO api_event (event_time, received_at, event_day, flags, event_id, content_fp, event_class, outcome, "
      "account_id, "
      "region, service, api, raw) SELECT '2026-11-20T11:00:00Z', now(), '2026-11-20', 0, gen_random_uuid(), "
      "gen_random_uuid(), 1, "
      "1, '111122223333', 'r', 's', 'a', '\\x00' FROM generate_series(1, 20000)");
  const auto rows = list();
  EXPECT_EQ(rows.at(0).last_event_us, at("2026-11-20T11:00:00Z"));
  EXPECT_EQ(rows.at(1).last_event_us, at("2026-11-18T09:00:00Z"));
  EXPECT_EQ(rows.at(2).last_event_us, at("2019-03-02T01:02:03.000004Z"));
  EXPECT_EQ(rows.at(3).last_event_us, std::nullopt);
}

TEST_F(AccountTest, AreShownInsideTheScopeOnly) {
  import("account_id\n111122223333\n444455556666\n");
  seed_.add(FindingSeed::finding("777788889999", "f"));
  EXPECT_THAT(ids(), ElementsAre("111122223333", "444455556666", "777788889999"));
  EXPECT_THAT(ids(*AccountScope::of({"444455556666", "777788889999"})), ElementsAre("444455556666", "777788889999"));
  EXPECT_THAT(ids(AccountScope::none()), IsEmpty());
}

}  // namespace
}  // namespace backtrail::query
