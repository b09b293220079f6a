// The books and the quarantine as they are asked for over REST: summary, metrics, filters, replays and who may replay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/app.hpp"
#include "api/http/server.hpp"
#include "api/rest/receipt_json.hpp"
#include "schema/registry/api_keys.hpp"
#include "tests/db/ingest_warehouse.hpp"
#include "tests/http/raw_client.hpp"

namespace backtrail::api {
namespace {

using namespace backtrail::testing;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// A server over a warehouse of its own, as `backtrail up` puts it together.
class BooksTest : public ::testing::Test {
 protected:
  BooksTest() : api_({.connection_string = warehouse_.database().connection_string("backtrail_api")}) {
    warehouse_.keep("all", std::nullopt);
    AppOptions options;
    options.api = &api_;
    options.maintenance = &warehouse_.maintenance();
    options.pipeline = &warehouse_.pipeline();
    options.ingest = &warehouse_.ingest();
    options.hash_key = warehouse_.pipeline().hash_key();
    app_ = std::make_unique<App>(options);
    ServerOptions server;
    server.port = 0;
    app_->connect(server);
    server_ = std::make_unique<Server>(std::move(server), app_->router());
    server_->start();
    administrator_ = key("administrator", {"*"});
    ingest_ = key("ingest", {"*"});
  }
  ~BooksTest() override { server_->stop(); }

  std::string key(const std::string& role, const std::vector<std::string>& accounts) {
    return schema::create_api_key(warehouse_.maintenance(), "a test", role, accounts, std::nullopt, schema::now_us())
        .value()
        .token;
  }
  Reply ask(const std::string& method, const std::string& target, const std::string& token,
            const std::string& body = "") {
    RawClient client(server_->port());
    return client.ask(fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {}\r\nContent-Length: {}\r\n\r\n{}",
                                  method, target, token, body.size(), body));
  }
  json answer(const std::string& method, const std::string& target, const std::string& body = "") {
    const Reply reply = ask(method, target, body.empty() ? administrator_ : ingest_, body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return json::parse(reply.body);
  }

  IngestWarehouse warehouse_;
  schema::Database api_;
  std::unique_ptr<App> app_;
  std::unique_ptr<Server> server_;
  std::string administrator_, ingest_;
};

TEST_F(BooksTest, TheAnswerTheSummaryAndTheMetricsTellTheSame) {
  const std::string body = events(1, 2) + guardduty_json(1).dump() + "garbage";
  const json receipt = answer("POST", "/ingest/raw", body);
  EXPECT_EQ(receipt["received"], 4);
  EXPECT_EQ(receipt["by_kind"]["finding"]["new"], 1);
  EXPECT_EQ(receipt["by_kind"]["event"]["new"], 2);
  EXPECT_EQ(receipt["by_kind"]["unknown"]["quarantined"], 1);
  EXPECT_FALSE(receipt["by_kind"].contains("notice"));
  const json again = answer("POST", "/ingest/eventbridge", body);
  EXPECT_EQ(again["duplicates"], 3);

  const json summary = answer("GET", "/api/v1/ingest/summary");
  EXPECT_EQ(summary["total"]["deliveries"], 2);
  EXPECT_EQ(summary["total"]["bytes"], 2 * body.size());
  ASSERT_THAT(summary["sources"], SizeIs(2));
  EXPECT_EQ(summary["sources"][0]["door"], "eventbridge");
  for (const auto& [name, count] : receipt.items()) EXPECT_EQ(summary["sources"][1][name], count) << name;
  for (const auto& [name, count] : again.items()) EXPECT_EQ(summary["sources"][0][name], count) << name;
  EXPECT_EQ(summary["total"]["received"], 8);
  EXPECT_EQ(summary["total"]["by_kind"]["event"]["duplicates"], 2);
  EXPECT_EQ(answer("GET", "/api/v1/ingest/summary?to=2026-01-01T00:00:00Z")["sources"], json::array());

  const std::string metrics = ask("GET", "/metrics", administrator_).body;
  for (const char* line :
       {R"(backtrail_ingest_received_total{door="raw",kind="event"} 2)",
        R"(backtrail_ingest_records_total{door="raw",kind="event",outcome="new"} 2)",
        R"(backtrail_ingest_records_total{door="eventbridge",kind="finding",outcome="duplicates"} 1)",
        R"(backtrail_ingest_records_total{door="eventbridge",kind="unknown",outcome="quarantined"} 1)"})
    EXPECT_THAT(metrics, HasSubstr(line));
}

TEST_F(BooksTest, TheSummaryIsForThoseWhoMaySeeEveryAccount) {
  EXPECT_EQ(ask("GET", "/api/v1/ingest/summary", key("analyst", {kAccountA})).status, 403);
  EXPECT_EQ(ask("GET", "/api/v1/ingest/summary", ingest_).status, 403);
  EXPECT_EQ(ask("GET", "/api/v1/ingest/summary", key("analyst", {"*"})).status, 200);
  for (const char* query : {"?from=x", "?form=1", "?from=2026-11-20T00:00:00Z&to=2026-11-20T00:00:00Z"})
    EXPECT_EQ(ask("GET", std::string("/api/v1/ingest/summary") + query, administrator_).status, 400) << query;
}

TEST_F(BooksTest, QuarantineIsFilteredByDoorKeyAndState) {
  answer("POST", "/ingest/raw", "garbage one");
  answer("POST", "/ingest/eventbridge", "garbage two");
  const auto total = [&](const std::string& query) { return answer("GET", "/api/v1/quarantine?" + query)["total"]; };
  const json rows = answer("GET", "/api/v1/quarantine")["quarantine"];
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0]["parser_version"], "0.1.0");
  EXPECT_EQ(rows[0]["kind"], "unknown");
  EXPECT_EQ(rows[0]["tries"], 0);
  EXPECT_EQ(rows[0]["resolved_at"], nullptr);
  EXPECT_THAT(rows[0]["advice"].get<std::string>(), HasSubstr("no JSON"));
  EXPECT_EQ(total("door=raw"), 1);
  EXPECT_EQ(total("door=raw,eventbridge"), 2);
  EXPECT_EQ(total("door=import"), 0);
  EXPECT_EQ(total("key_id=" + rows[0]["key_id"].get<std::string>()), 2);
  EXPECT_EQ(total("key_id=none"), 0);
  EXPECT_EQ(total("state=resolved"), 0);
  EXPECT_EQ(total("state=all"), 2);
  EXPECT_EQ(ask("GET", "/api/v1/quarantine?state=shut", administrator_).status, 400);
  const json reasons = answer("GET", "/api/v1/quarantine/reasons")["reasons"];
  EXPECT_THAT(reasons, SizeIs(ingest::kReasons.size()));
}

TEST_F(BooksTest, ARecordIsReplayedByAnAdministratorWhoSeesIt) {
  // Refused for its account; then its key may write it after all.
  const std::string sender = key("ingest", {kAccountA});
  ask("POST", "/ingest/raw", sender, event({.number = 1, .account = kAccountB}) + "garbage");
  const json rows = answer("GET", "/api/v1/quarantine?reason=account_mismatch")["quarantine"];
  ASSERT_THAT(rows, SizeIs(1));
  const std::string path = "/api/v1/quarantine/" + rows[0]["quarantine_id"].get<std::string>() + "/replay";
  EXPECT_EQ(ask("POST", path, "").status, 401);
  EXPECT_EQ(ask("POST", path, ingest_).status, 403);
  EXPECT_EQ(ask("POST", path, key("analyst", {"*"})).status, 403);
  EXPECT_EQ(ask("POST", path, key("administrator", {kAccountA})).status, 404) << "it is of another account";
  json replayed = answer("POST", path);
  EXPECT_EQ(replayed["still_quarantined"], 1);
  EXPECT_EQ(replayed["receipt"]["quarantined"], 1);
  warehouse_.value("UPDATE quarantine SET scope = '*'");
  replayed = answer("POST", path);
  EXPECT_EQ(replayed["resolved"], 1);
  EXPECT_EQ(replayed["receipt"]["by_kind"]["event"]["new"], 1);
  EXPECT_EQ(answer("POST", path)["not_open"], 1);
  EXPECT_EQ(answer("GET", "/api/v1/quarantine?state=resolved")["quarantine"][0]["tries"], 2);
  EXPECT_EQ(warehouse_.count("api_event"), 1);
  EXPECT_EQ(answer("GET", "/api/v1/alerts")["total"], 1) << "the mismatch stays on record";
}

TEST_F(BooksTest, AllThatAFilterFindsAreReplayed) {
  std::string body;
  for (int i = 0; i < 30; ++i) body += fmt::format("{{\"a\":{0},\"a\":{0}}}\n", i);
  answer("POST", "/ingest/raw", body + "garbage");
  EXPECT_EQ(answer("POST", "/api/v1/quarantine/replay?reason=dup_key")["still_quarantined"], 30);
  const json all = answer("POST", "/api/v1/quarantine/replay");
  EXPECT_EQ(all["still_quarantined"], 31);
  EXPECT_EQ(all["remaining"], 0);
  EXPECT_EQ(warehouse_.value("SELECT string_agg(DISTINCT reason || tries, ' ') FROM quarantine"), "dup_key2 syntax1");
  EXPECT_EQ(ask("POST", "/api/v1/quarantine/replay?raeson=x", administrator_).status, 400);
}

}  // namespace
}  // namespace backtrail::api
