// The REST answers about findings, summary, accounts and quarantine: whole bodies and problems, from handlers over a
// real database.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>

#include "api/rest/accounts.hpp"
#include "api/rest/findings.hpp"
#include "api/rest/notices.hpp"
#include "api/rest/quarantine.hpp"
#include "api/rest/summary.hpp"
#include "tests/db/finding_seed.hpp"

namespace backtrail::api {
namespace {

using backtrail::testing::add_entity;
using backtrail::testing::at;
using backtrail::testing::FindingSeed;
using nlohmann::json;
using schema::AccountScope;
using schema::EntityKind;
using schema::Finding;
using schema::FindingRole;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kWeb = "111122223333";

class FindingRestTest : public ::testing::Test {
 protected:
  using Handler = Response (*)(const Request&, const Caller&, const query::Warehouse&);

  static Request request(std::vector<QueryParameter> parameters, std::vector<PathParameter> path = {}) {
    Request r;
    r.target = "/api/v1/x";
    r.request_id = "r1";
    r.query = std::move(parameters);
    r.path_parameters = std::move(path);
    return r;
  }
  Response ask(Handler handler, const Request& r, const AccountScope& scope = AccountScope::all()) {
    Caller caller;
    caller.scope = scope;
    return handler(r, caller, seed_.warehouse());
  }
  json ok(Handler handler, const Request& r, const AccountScope& scope = AccountScope::all()) {
    const auto response = ask(handler, r, scope);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.headers.find("Content-Type"), "application/json");
    return json::parse(response.body);
  }
  json problem(Handler handler, const Request& r, int status) {
    const auto response = ask(handler, r);
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.headers.find("Content-Type"), "application/problem+json");
    return json::parse(response.body);
  }
  static std::string streamed(const Response& response) {
    std::string out;
    while (response.pull(out)) {
    }
    return out;
  }
  std::string add_full() {
    return seed_.add(FindingSeed::finding(kWeb, "full", [](Finding& f) {
      f.action = "s3.amazonaws.com ListObjects";
      f.user_name = "alice";
      f.raw = R"({"service": {"action":{"awsApiCallAction":{"serviceName":"s3.amazonaws.com","api":"ListObjects"}}} })";
      f.facts = {{"Access key", "AKIAX"}};
      add_entity(f, EntityKind::kPrincipal, "AIDAX", FindingRole::kActor, "alice");
      add_entity(f, EntityKind::kAccessKey, "AKIAX", FindingRole::kActor);
      add_entity(f, EntityKind::kResource, "arn:aws:s3:::logs", FindingRole::kTarget, "logs");
      add_entity(f, EntityKind::kIpAddress, "198.51.100.7", FindingRole::kRemote, "",
                 R"({"country":"Netherlands","asn":"64500","organization":"Example Net"})");
    }));
  }

  FindingSeed seed_;
};

TEST_F(FindingRestTest, ListsARowWithEveryFieldOfTheContract) {
  const auto id = add_full();
  seed_.admin_exec("INSERT INTO account (account_id, name) VALUES ('111122223333', 'web')");
  const auto answer = ok(findings_list, request({{"severity", "medium"}}));
  EXPECT_EQ(answer["total"], 1);
  EXPECT_TRUE(answer["next_cursor"].is_null());
  const json expected = {
      {"finding_id", id},
      {"account_id", kWeb},
      {"account_name", "web"},
      {"region", "eu-west-1"},
      {"product", "GuardDuty"},
      {"type", "Recon:IAMUser/MaliciousIPCaller"},
      {"title", "A call from a listed address"},
      {"severity", 5.0},
      {"severity_label", "medium"},
      {"effective_severity", 5.0},
      {"effective_severity_label", "medium"},
      {"status", "new"},
      {"assignee", nullptr},
      {"record_state", "active"},
      {"archived", false},
      {"instance_id", nullptr},
      {"sample", false},
      {"count", 1},
      {"first_seen_at", "2026-11-20T10:00:00Z"},
      {"last_seen_at", "2026-11-20T10:00:00Z"},
      {"created_at", "2026-11-20T10:00:00Z"},
      {"updated_at", "2026-11-20T10:00:00Z"},
      {"resource_type", "AccessKey"},
      {"resource", {{"kind", "resource"}, {"key", "arn:aws:s3:::logs"}, {"name", "logs"}, {"account_id", nullptr}}},
      {"actor", {{"kind", "principal"}, {"key", "AIDAX"}, {"name", "alice"}, {"account_id", nullptr}}},
      {"access_key_id", "AKIAX"},
      {"user_name", "alice"},
      {"remote_ip", "198.51.100.7"},
      {"remote_country", "Netherlands"},
      {"remote_asn", "64500"},
      {"remote_org", "Example Net"},
      {"action", "s3.amazonaws.com ListObjects"},
      {"related", 0}};
  EXPECT_EQ(answer["findings"], json::array({expected})) << answer.dump(1);
}

TEST_F(FindingRestTest, WritesAbsentFactsAsNull) {
  seed_.add(FindingSeed::finding(kWeb, "bare", [](Finding& f) {
    f.severity.reset();
    f.severity_label = schema::Severity::kUnknown;
    f.resource_type.clear();
  }));
  const auto row = ok(findings_list, request({}))["findings"][0];
  for (const char* name :
       {"account_name", "severity", "effective_severity", "assignee", "resource_type", "resource", "actor",
        "access_key_id", "user_name", "remote_ip", "remote_country", "remote_asn", "remote_org", "action"})
    EXPECT_TRUE(row.at(name).is_null()) << name;
  EXPECT_EQ(row["severity_label"], "unknown");
}

TEST_F(FindingRestTest, PagesWithItsCursor) {
  for (int i = 0; i < 3; ++i) seed_.add(FindingSeed::finding(kWeb, "f" + std::to_string(i)));
  const auto first = ok(findings_list, request({{"limit", "2"}}));
  EXPECT_EQ(first["findings"].size(), 2U);
  const auto second = ok(findings_list, request({{"limit", "2"}, {"cursor", first["next_cursor"].get<std::string>()}}));
  EXPECT_EQ(second["findings"].size(), 1U);
  EXPECT_EQ(second["total"], 3);
  EXPECT_TRUE(second["next_cursor"].is_null());
}

TEST_F(FindingRestTest, ExplainsWhatIsWrong) {
  const auto bad = problem(findings_list, request({{"severity", "hgih"}}), 400);
  EXPECT_THAT(bad["detail"].get<std::string>(), StartsWith("severity: 'hgih' is no severity"));
  EXPECT_THAT(problem(findings_list, request({{"cursor", "x"}}), 400)["hint"].get<std::string>(), HasSubstr("cursor"));
  problem(findings_facets, request({{"region", std::string(2000, 'x')}}), 400);
  problem(findings_export, request({{"format", "xlsx"}}), 400);
  problem(findings_export, request({{"formta", "csv"}}), 400);
  problem(summary_show, request({{"from", "yesterday"}}), 400);
  problem(quarantine_list, request({{"limit", "0"}}), 400);
  const auto missing = problem(finding_show, request({}, {{"finding_id", "x"}}), 404);
  EXPECT_EQ(problem(finding_show, request({}, {{"finding_id", kWeb + "-" + std::string(32, '0')}}), 404), missing);
  problem(finding_raw, request({}, {{"finding_id", "x"}}), 404);
  problem(quarantine_show, request({}, {{"quarantine_id", "x"}}), 404);
  problem(quarantine_raw, request({}, {{"quarantine_id", "x"}}), 404);
}

TEST_F(FindingRestTest, CountsFacets) {
  add_full();
  seed_.admin_exec("INSERT INTO account (account_id, name) VALUES ('111122223333', 'web')");
  seed_.add(FindingSeed::finding("444455556666", "other", [](Finding& f) { f.resource_type.clear(); }));
  const auto answer = ok(findings_facets, request({{"account_id", kWeb}, {"limit", "50"}, {"sort", "count"}}));
  EXPECT_EQ(answer["total"], 1);
  EXPECT_EQ(answer["occurrences"], 1);
  EXPECT_EQ(answer["facets"]["severity"], json::parse(R"([{"value":"medium","count":1}])"));
  EXPECT_EQ(answer["facets"]["account_id"],
            json::parse(R"([{"value":"111122223333","count":1,"label":"web"},{"value":"444455556666","count":1}])"));
  EXPECT_EQ(ok(findings_facets, request({}))["facets"]["resource_type"],
            json::parse(R"([{"value":"","count":1},{"value":"AccessKey","count":1}])"));
}

TEST_F(FindingRestTest, ShowsAFindingWithAllOfIt) {
  const auto id = add_full();
  const auto other = seed_.add(FindingSeed::finding(
      kWeb, "other", [](Finding& f) { add_entity(f, EntityKind::kAccessKey, "AKIAX", FindingRole::kActor); }));
  const auto answer = ok(finding_show, request({}, {{"finding_id", id}}));
  EXPECT_EQ(answer["finding_id"], id);
  EXPECT_EQ(
      answer["type_parts"],
      json::parse(
          R"({"purpose":"Recon","resource":"IAMUser","family":"MaliciousIPCaller","mechanism":null,"artifact":null})"));
  EXPECT_EQ(answer["facts"][0]["entity"]["kind"], "access_key");
  EXPECT_EQ(answer["entities"].size(), 4U);
  EXPECT_EQ(answer["entities"][3]["attributes"]["asn"], "64500");
  EXPECT_EQ(answer["evidence"]["remote_ips"][0]["organization"], "Example Net");
  EXPECT_EQ(answer["evidence"]["apis"],
            json::parse(R"([{"service":"s3.amazonaws.com","api":"ListObjects","count":null}])"));
  EXPECT_EQ(answer["versions"].size(), 1U);
  EXPECT_EQ(answer["versions"][0]["shape"], "guardduty");
  EXPECT_EQ(answer["scope"]["from"], "2026-11-20T09:00:00Z");
  EXPECT_EQ(answer["scope"]["window_to"], "2026-11-20T10:00:01Z");
  EXPECT_EQ(answer["activity"][0]["label"], "This access key");
  EXPECT_EQ(answer["related"].size(), 1U);
  EXPECT_EQ(answer["related"][0]["finding_id"], other);
  EXPECT_EQ(answer["related"][0]["shared"][0]["key"], "AKIAX");
  for (const char* name : {"description", "provider_id", "product_arn", "detector_id", "generator_id",
                           "compliance_status", "remediation_url"})
    EXPECT_TRUE(answer.contains(name)) << name;
}

TEST_F(FindingRestTest, GivesTheExactBytesOfAVersion) {
  const auto id = add_full();
  const auto raw = ask(finding_raw, request({}, {{"finding_id", id}}));
  EXPECT_EQ(raw.status, 200);
  EXPECT_EQ(raw.headers.find("Content-Type"), "application/json");
  EXPECT_EQ(raw.body,
            R"({"service": {"action":{"awsApiCallAction":{"serviceName":"s3.amazonaws.com","api":"ListObjects"}}} })");
  const auto version =
      ok(finding_show, request({}, {{"finding_id", id}}))["versions"][0]["version_id"].get<std::string>();
  EXPECT_EQ(ask(finding_raw, request({{"version", version}}, {{"finding_id", id}})).body, raw.body);
  EXPECT_EQ(ask(finding_raw, request({{"version", "0"}}, {{"finding_id", id}})).status, 404);
}

TEST_F(FindingRestTest, ExportsCsvThatNoSpreadsheetRuns) {
  seed_.add(FindingSeed::finding(kWeb, "f", [](Finding& f) {
    f.title = "=HYPERLINK(\"http://example.com\")";
    f.severity = 8.5;
    f.severity_label = schema::Severity::kHigh;
  }));
  const auto response = ask(findings_export, request({{"format", "csv"}}));
  EXPECT_EQ(response.headers.find("Content-Type"), "text/csv; charset=utf-8");
  EXPECT_EQ(response.headers.find("Content-Disposition"), "attachment; filename=\"findings.csv\"");
  const auto text = streamed(response);
  EXPECT_THAT(text, StartsWith("\"finding_id\",\"account_id\",\"account_name\","));
  EXPECT_THAT(text, HasSubstr(",\"'=HYPERLINK(\"\"http://example.com\"\")\",\"8.5\",\"high\",\"high\",\"new\","));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_EQ(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find('\n')), ','), 27);
}

TEST_F(FindingRestTest, ExportsAsManyLinesAsTheListCounts) {
  seed_.add(FindingSeed::finding(kWeb, "one"));
  seed_.admin_exec(
      "INSERT INTO finding SELECT copy.* FROM finding AS f, generate_series(1, 1000) AS n, LATERAL "
      "jsonb_populate_record(f, "
      "jsonb_build_object('finding_uid', gen_random_uuid(), 'count', n)) AS copy");
  const auto total = ok(findings_list, request({{"limit", "1"}}))["total"].get<int>();
  EXPECT_EQ(total, 1001);
  const auto response = ask(findings_export, request({{"format", "ndjson"}, {"sort", "count"}, {"order", "asc"}}));
  EXPECT_EQ(response.headers.find("Content-Type"), "application/x-ndjson");
  std::string out;
  EXPECT_TRUE(response.pull(out)) << "the first piece is not the last";
  EXPECT_FALSE(response.pull(out));
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), total);
  EXPECT_EQ(json::parse(out.substr(0, out.find('\n')))["count"], 1);
  const auto nothing = ask(findings_export, request({{"format", "ndjson"}, {"region", "nowhere"}}));
  EXPECT_EQ(streamed(nothing), "");
}

TEST_F(FindingRestTest, CutsAnExportThatCannotGoOn) {
  seed_.add(FindingSeed::finding(kWeb, "one"));
  const auto response = ask(findings_export, request({{"format", "ndjson"}}));
  seed_.admin_exec("ALTER TABLE finding RENAME TO gone");
  std::string out;
  EXPECT_THROW(response.pull(out), std::runtime_error);
  seed_.admin_exec("ALTER TABLE gone RENAME TO finding");
}

TEST_F(FindingRestTest, ShowsTheSummary) {
  add_full();
  const auto answer = ok(summary_show, request({{"from", "2026-11-20T00:00:00Z"}, {"to", "2026-11-22T00:00:00Z"}}));
  EXPECT_EQ(answer["from"], "2026-11-20T00:00:00Z");
  EXPECT_EQ(
      answer["totals"],
      json::parse(
          R"({"findings":1,"open":1,"occurrences":1,"events":0,"quarantined":0,"accounts_reporting":1,"accounts_registered":0})"));
  EXPECT_EQ(answer["open_by_severity"].size(), 6U);
  EXPECT_EQ(answer["open_by_severity"][2], json::parse(R"({"severity_label":"medium","count":1})"));
  EXPECT_EQ(answer["by_day"],
            json::parse(R"([{"day":"2026-11-20","critical":0,"high":0,"medium":1,"low":0,"informational":0,"unknown":0},
                                              {"day":"2026-11-21","critical":0,"high":0,"medium":0,"low":0,"informational":0,"unknown":0}])"));
  EXPECT_EQ(
      answer["account_region"],
      json::parse(
          R"([{"account_id":"111122223333","account_name":null,"region":"eu-west-1","open":1,"findings":1,"highest":"medium"}])"));
  EXPECT_EQ(
      answer["by_type"],
      json::parse(R"([{"type":"Recon:IAMUser/MaliciousIPCaller","count":1,"occurrences":1,"highest":"medium"}])"));
  EXPECT_EQ(answer["newest"].size(), 1U);
  EXPECT_EQ(answer["oldest_unassigned"]["finding_id"], answer["newest"][0]["finding_id"]);
  EXPECT_EQ(answer["top_entities"][0]["findings"], 1);
  EXPECT_EQ(answer["top_entities"][0]["last_seen_at"], "2026-11-20T10:00:00Z");
}

TEST_F(FindingRestTest, ImportsAndListsAccounts) {
  auto put = request({});
  put.body = "account_id,name\n111122223333,web\nx,y\n";
  auto response = accounts_import(put, seed_.maintenance());
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body),
            json::parse(
                R"({"imported":1,"rejected_count":1,"rejected":[{"line":3,"reason":"account_id is not 12 digits"}]})"));
  EXPECT_EQ(ok(accounts_list, request({})),
            json::parse(R"({"accounts":[{"account_id":"111122223333","account_name":"web",
    "organizational_unit":null,"owner":null,"environment":null,"email":null,"status":null,"registered":true,"open_findings":0,
    "last_event_at":null,"last_finding_at":null}]})"));
  put.body = "{";
  EXPECT_EQ(accounts_import(put, seed_.maintenance()).status, 400);
  EXPECT_EQ(ok(accounts_list, request({}), AccountScope::none()), json::parse(R"({"accounts":[]})"));
}

TEST_F(FindingRestTest, ShowsQuarantineAndAlerts) {
  seed_.admin_exec(
      "INSERT INTO quarantine (account_id, quarantine_id, reason, detail, door, key_id, origin, position, received_at, "
      "bytes, sha256, "
      "raw) VALUES ('', '00000000-0000-0000-0000-0000000000ff', 'syntax', 'd', 'raw', 'k', 'o', 2, "
      "'2026-11-20T00:00:00Z', 3, "
      "'\\x01', '\\x3c623e'); INSERT INTO alert VALUES ('', 'variant', 's', 'd', '2026-11-20T00:00:00Z')");
  const auto page = ok(quarantine_list, request({}));
  const auto row =
      json::parse(R"({"quarantine_id":"none-000000000000000000000000000000ff","account_id":null,"reason":"syntax",
    "detail":"d","door":"raw","origin":"o","position":2,"bytes":3,"sha256":"01","received_at":"2026-11-20T00:00:00Z",
    "kind":"unknown","key_id":"k","parser_version":null,"tries":0,"last_tried_at":null,"resolved_at":null,
    "advice":"Look at the bytes: something that is no JSON is sent or stored there."})");
  EXPECT_EQ(page["quarantine"], json::array({row}));
  EXPECT_EQ(page["total"], 1);
  const std::vector<PathParameter> id{{"quarantine_id", "none-000000000000000000000000000000ff"}};
  EXPECT_EQ(ok(quarantine_show, request({}, id)), row);
  const auto raw = ask(quarantine_raw, request({}, id));
  EXPECT_EQ(raw.body, "<b>");
  EXPECT_EQ(raw.headers.find("Content-Type"), "application/octet-stream");
  EXPECT_EQ(raw.headers.find("Content-Disposition"), "attachment; filename=\"quarantined.bin\"");
  EXPECT_EQ(ok(alerts_list, request({})),
            json::parse(R"({"alerts":[{"kind":"variant","account_id":null,"subject":"s","detail":"d",
    "raised_at":"2026-11-20T00:00:00Z"}],"total":1})"));
}

TEST_F(FindingRestTest, ShowsNotices) {
  const auto add = [&](const char* account, int number, const char* kind, const char* time) {
    seed_.admin_exec(
        fmt::format("INSERT INTO notice VALUES ('{}', '00000000-0000-0000-0000-0000000000{:02}', '{}', "
                    "'aws.s3', 'Object Created', 'eu-west-1', 'b/k', '{}', '2026-11-20T00:00:02Z', 'sns', "
                    "'k', 'o', '', 7, '\\x007b7d')",
                    account, number, kind, time));
  };
  add("111122223333", 1, "object", "2026-11-20T00:00:00Z");
  add("111122223333", 2, "heartbeat", "2026-11-20T00:00:00Z");
  add("", 3, "object", "2026-11-19T00:00:00Z");
  const auto row =
      json::parse(R"({"notice_id":"111122223333-00000000000000000000000000000001","account_id":"111122223333",
    "kind":"object","source":"aws.s3","detail_type":"Object Created","region":"eu-west-1","subject":"b/k",
    "time":"2026-11-20T00:00:00Z","first_received_at":"2026-11-20T00:00:02Z","door":"sns","bytes":7})");
  const auto page = ok(notices_list, request({{"kind", "object"}, {"limit", "1"}}));
  EXPECT_EQ(page["notices"], json::array({row}));
  EXPECT_EQ(page["total"], 2);
  const auto next = ok(
      notices_list, request({{"kind", "object"}, {"limit", "1"}, {"cursor", page["next_cursor"].get<std::string>()}}));
  EXPECT_EQ(next["notices"][0]["notice_id"], "none-00000000000000000000000000000003");
  EXPECT_TRUE(next["notices"][0]["account_id"].is_null());
  EXPECT_TRUE(next["next_cursor"].is_null());
  EXPECT_EQ(ok(notices_list, request({}))["total"], 3);
  EXPECT_EQ(ok(notices_list, request({{"account_id", "none"}}))["total"], 1);
  EXPECT_EQ(ok(notices_list, request({{"from", "2026-11-19T00:00:00Z"}, {"to", "2026-11-20T00:00:00Z"}}))["total"], 1);
  EXPECT_EQ(ok(notices_list, request({}), AccountScope::of({"111122223333"}).value())["total"], 2);
  EXPECT_EQ(ok(notices_list, request({}), AccountScope::none())["total"], 0);

  const auto raw = ask(notices_raw, request({}, {{"notice_id", "none-00000000000000000000000000000003"}}));
  EXPECT_EQ(raw.body, "{}");
  EXPECT_EQ(
      ask(notices_raw, request({}, {{"notice_id", "none-00000000000000000000000000000003"}}), AccountScope::none())
          .status,
      404);
  problem(notices_raw, request({}, {{"notice_id", "x"}}), 404);
  problem(notices_list, request({{"kind", "nonsense"}}), 400);
  problem(notices_list, request({{"account_id", "1"}}), 400);
  problem(notices_list, request({{"cursor", "x"}}), 400);
  problem(notices_list, request({{"what", "x"}}), 400);
  problem(notices_list, request({{"from", "2026-11-20T00:00:00Z"}, {"to", "2026-11-20T00:00:00Z"}}), 400);
}

}  // namespace
}  // namespace backtrail::api
