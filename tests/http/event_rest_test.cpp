// The REST answers about events and entities: their shape, their errors, their exports. Handlers are called directly;
// what the server does around them has tests of its own.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/rest/activity.hpp"
#include "api/rest/entities.hpp"
#include "api/rest/events.hpp"
#include "query/entity/activity.hpp"
#include "tests/db/event_seed.hpp"

namespace backtrail::api {
namespace {

using backtrail::testing::EventSeed;
using backtrail::testing::Record;
using nlohmann::json;
using schema::AccountScope;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

using Handler = Response (*)(const Request&, const Caller&, const query::Warehouse&);
using List = std::vector<QueryParameter>;

std::string id_of(int n) {
  return fmt::format("00000000-0000-4000-8000-{:012x}", n);
}

class EventRestTest : public ::testing::Test {
 protected:
  EventRestTest() { seed_.admin_exec("UPDATE retention_rule SET days = NULL"); }

  Response call(Handler handler, List parameters, std::vector<PathParameter> path = {},
                const AccountScope& scope = AccountScope::all()) {
    Request request;
    request.query = std::move(parameters);
    request.path_parameters = std::move(path);
    request.target = "/api/v1/test";
    request.request_id = "test";
    Caller caller;
    caller.scope = scope;
    return handler(request, caller, seed_.warehouse());
  }
  json ask(Handler handler, List parameters, std::vector<PathParameter> path = {},
           const AccountScope& scope = AccountScope::all()) {
    const auto response = call(handler, std::move(parameters), std::move(path), scope);
    EXPECT_EQ(response.status, 200) << response.body;
    return json::parse(response.body);
  }
  static std::string pulled(const Response& response, std::size_t* pieces = nullptr) {
    EXPECT_TRUE(response.pull) << response.body;
    std::string out;
    std::size_t count = 1;
    while (response.pull && response.pull(out)) ++count;
    if (pieces != nullptr) *pieces = count;
    return out;
  }
  static List november(List parameters = {}) {
    parameters.push_back({"from", "2026-11-01"});
    parameters.push_back({"to", "2026-12-01"});
    return parameters;
  }
  void add_one() {
    Record record;
    record.event_id = id_of(1);
    record.error_code = "AccessDenied";
    record.request["bucketName"] = "logs";
    record.extra["readOnly"] = true;
    record.extra["sharedEventID"] = id_of(9);
    seed_.add(record);
  }

  EventSeed seed_;
};

TEST_F(EventRestTest, ARowHasEveryFieldOfTheContract) {
  add_one();
  const auto page = ask(list_activity, november({{"principal", "AIDAEXAMPLEALICE0001"}}));
  EXPECT_EQ(page["total"], 1);
  EXPECT_EQ(page["next_cursor"], nullptr);
  const auto& row = page["events"].at(0);
  EXPECT_EQ(row["event_id"], id_of(1));
  EXPECT_EQ(row["event_time"], "2026-11-20T10:00:00Z");
  EXPECT_EQ(row["account_id"], "111122223333");
  EXPECT_EQ(row["account_name"], nullptr);
  EXPECT_EQ(row["region"], "eu-west-1");
  EXPECT_EQ(row["service"], "s3.amazonaws.com");
  EXPECT_EQ(row["api"], "GetObject");
  EXPECT_EQ(row["outcome"], "denied");
  EXPECT_EQ(row["error_code"], "AccessDenied");
  EXPECT_EQ(row["error_message"], nullptr);
  EXPECT_EQ(row["read_only"], true);
  EXPECT_EQ(row["event_class"], "management");
  EXPECT_EQ(
      row["principal"],
      json(
          {{"kind", "principal"}, {"key", "AIDAEXAMPLEALICE0001"}, {"name", "alice"}, {"account_id", "111122223333"}}));
  EXPECT_EQ(row["session_name"], nullptr);
  EXPECT_EQ(row["source_identity"], nullptr);
  EXPECT_EQ(row["access_key_id"], "AKIAEXAMPLEALICE0001");
  EXPECT_EQ(row["source_ip"], "198.51.100.7");
  EXPECT_EQ(row["user_agent"], "aws-cli/2.15");
  EXPECT_EQ(row["invoked_by"], nullptr);
  EXPECT_EQ(row["caller_account_id"], "111122223333");
  EXPECT_EQ(row["identity_type"], "IAMUser");
  EXPECT_EQ(row["resources"].at(0),
            json({{"kind", "resource"}, {"key", "arn:aws:s3:::logs"}, {"name", "logs"}, {"account_id", nullptr}}));
  EXPECT_EQ(row["resources_more"], 0);
  EXPECT_EQ(row["matched"], json::parse(R"([{"kind":"principal","key":"AIDAEXAMPLEALICE0001","direction":"by"}])"));
  EXPECT_EQ(row["flags"], json::array());
  EXPECT_EQ(page["covered"]["from"], "2026-11-01T00:00:00Z");
  EXPECT_EQ(page["covered"]["to"], "2026-12-01T00:00:00Z");
  EXPECT_EQ(page["covered"]["accounts"], "*");
  EXPECT_EQ(page["covered"]["entities"].at(0)["key"], "AIDAEXAMPLEALICE0001");
  EXPECT_EQ(page["covered"]["complete"], true);
  EXPECT_EQ(page["covered"]["reasons"], json::array());
}

TEST_F(EventRestTest, ARowShowsFiveResourcesAndCountsTheOthers) {
  for (const int count : {5, 6}) {
    Record record;
    record.event_id = id_of(count);
    record.account = "4444555566" + std::to_string(60 + count);
    for (int n = 0; n < count; ++n) record.request["ids"].push_back(fmt::format("vol-{:017x}", n));
    seed_.add(record);
    const auto row = ask(list_activity, november({{"account_id", record.account}}))["events"].at(0);
    EXPECT_THAT(row["resources"], SizeIs(5));
    EXPECT_EQ(row["resources_more"], count - 5);
    EXPECT_EQ(row["resources"].at(0)["account_id"], record.account) << "a bare id exists in the event's account";
  }
}

TEST_F(EventRestTest, PagesFollowTheCursor) {
  std::vector<std::string> records;
  for (int n = 0; n < 5; ++n) {
    Record record;
    record.event_id = id_of(n);
    records.push_back(record.json());
  }
  seed_.add_all(records);
  const auto first = ask(list_activity, november({{"limit", "3"}}));
  EXPECT_THAT(first["events"], SizeIs(3));
  const auto second = ask(list_activity, november({{"limit", "3"}, {"cursor", first["next_cursor"]}}));
  EXPECT_THAT(second["events"], SizeIs(2));
  EXPECT_EQ(second["total"], 5);
  EXPECT_EQ(call(list_activity, november({{"cursor", "abc"}})).status, 400);
}

TEST_F(EventRestTest, ErrorsNameTheirParameter) {
  const auto expect_400 = [&](Handler handler, List parameters, const std::string& name) {
    const auto response = call(handler, std::move(parameters));
    EXPECT_EQ(response.status, 400) << name;
    const auto body = json::parse(response.body);
    EXPECT_EQ(body["errors"].at(0)["parameter"], name);
    EXPECT_THAT(std::string(body["errors"].at(0)["message"]), Not(IsEmpty()));
  };
  expect_400(list_activity, {{"limit", "0"}}, "limit");
  expect_400(list_activity, {{"limit", "1001"}}, "limit");
  expect_400(list_activity, {{"account_id", "1"}}, "account_id");
  expect_400(list_activity, {{"accout_id", "1"}}, "accout_id");
  expect_400(show_activity_volume, {{"buckets", "1"}}, "buckets");
  expect_400(show_activity_volume, {{"buckets", "401"}}, "buckets");
  expect_400(export_activity, {{"format", "xls"}}, "format");
  expect_400(export_activity, {{"raw", "1"}}, "raw");
  expect_400(search_entities, {}, "q");
  expect_400(search_entities, {{"q", "a"}, {"kind", "user"}}, "kind");
  expect_400(search_entities, {{"q", "a"}, {"last", "1h"}}, "last");
  EXPECT_EQ(call(list_activity, november({{"limit", "1000"}})).status, 200);
  EXPECT_EQ(call(show_activity_volume, november({{"buckets", "400"}, {"limit", "5"}})).status, 200);
}

TEST_F(EventRestTest, SummaryAndVolumeAddUpToTheTotal) {
  add_one();
  Record other;
  other.event_id = id_of(2);
  other.time = "2026-11-21T10:00:00Z";
  seed_.add(other);
  const auto summary = ask(show_activity_summary, november());
  EXPECT_EQ(summary["total"], 2);
  EXPECT_EQ(summary["ok"], 1);
  EXPECT_EQ(summary["denied"], 1);
  EXPECT_EQ(summary["failed"], 0);
  EXPECT_EQ(summary["first_at"], "2026-11-20T10:00:00Z");
  EXPECT_EQ(summary["last_at"], "2026-11-21T10:00:00Z");
  EXPECT_EQ(summary["by_api"],
            json::parse(R"([{"service":"s3.amazonaws.com","api":"GetObject","ok":1,"denied":1,"failed":0}])"));
  EXPECT_EQ(summary["by_account"].at(0)["account_id"], "111122223333");
  EXPECT_EQ(summary["by_region"], json::parse(R"([{"value":"eu-west-1","count":2}])"));
  EXPECT_EQ(summary["by_ip"], json::parse(R"([{"value":"198.51.100.7","count":2}])"));
  EXPECT_EQ(summary["by_access_key"], json::parse(R"([{"value":"AKIAEXAMPLEALICE0001","count":2}])"));
  EXPECT_EQ(summary["by_user_agent"], json::parse(R"([{"value":"aws-cli/2.15","count":2}])"));
  const auto volume = ask(show_activity_volume, november({{"buckets", "40"}}));
  EXPECT_EQ(volume["bucket_seconds"], 86'400);
  EXPECT_THAT(volume["buckets"], SizeIs(30));
  int sum = 0;
  for (const auto& bucket : volume["buckets"])
    sum += bucket["ok"].get<int>() + bucket["denied"].get<int>() + bucket["failed"].get<int>();
  EXPECT_EQ(sum, 2);
  const auto empty = ask(show_activity_summary, november({{"region", "nowhere"}}));
  EXPECT_EQ(empty["total"], 0);
  EXPECT_EQ(empty["first_at"], nullptr);
  EXPECT_EQ(empty["by_api"], json::array());
}

TEST_F(EventRestTest, CsvIsQuotedAndDefused) {
  Record record;
  record.event_id = id_of(1);
  record.user_agent = "=HYPERLINK(\"http://x\")";
  record.api = "@odd";
  seed_.add(record);
  const auto csv = pulled(call(export_activity, november({{"format", "csv"}})));
  EXPECT_THAT(csv, StartsWith("\"event_time\",\"account_id\""));
  EXPECT_THAT(csv, HasSubstr("\"'=HYPERLINK(\"\"http://x\"\")\""));
  EXPECT_THAT(csv, HasSubstr("\"'@odd\""));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 2);
}

TEST_F(EventRestTest, NdjsonKeepsEveryByteThatMatters) {
  Record record;
  record.event_id = id_of(1);
  record.user_agent = "=SUM(1)";
  const std::string raw =
      "{\"huge\":18446744073709551616,\r\n\"float\":1.50e2,\"text\":\"a\\nb\"," + record.json().substr(1);
  seed_.add_all({raw});
  const auto plain = pulled(call(export_activity, november({{"format", "ndjson"}})));
  EXPECT_EQ(std::count(plain.begin(), plain.end(), '\n'), 1);
  EXPECT_EQ(json::parse(plain)["user_agent"], "=SUM(1)") << "only spreadsheets need defusing";
  EXPECT_FALSE(json::parse(plain).contains("raw"));
  const auto full = pulled(call(export_activity, november({{"format", "ndjson"}, {"raw", "true"}})));
  EXPECT_EQ(std::count(full.begin(), full.end(), '\n'), 1);
  EXPECT_THAT(full, HasSubstr("\"huge\":18446744073709551616,  \"float\":1.50e2,\"text\":\"a\\nb\""));
  EXPECT_TRUE(json::accept(full));
}

TEST_F(EventRestTest, ExportsStreamInPieces) {
  std::vector<std::string> records;
  const auto count = query::kExportPageEvents + 1;
  for (std::size_t n = 0; n < count; ++n) {
    Record record;
    record.event_id = id_of(static_cast<int>(n));
    records.push_back(record.json());
  }
  seed_.add_all(records);
  std::size_t pieces = 0;
  const auto ndjson = pulled(call(export_activity, november({{"format", "ndjson"}})), &pieces);
  EXPECT_EQ(pieces, 2U);
  EXPECT_EQ(static_cast<std::size_t>(std::count(ndjson.begin(), ndjson.end(), '\n')), count);
  const auto none = pulled(call(export_activity, november({{"region", "nowhere"}})), &pieces);
  EXPECT_EQ(std::count(none.begin(), none.end(), '\n'), 1) << "the header alone";
}

TEST_F(EventRestTest, OneEventHasItsRecordUnchanged) {
  Record record;
  record.event_id = id_of(1);
  record.extra["sharedEventID"] = id_of(9);
  record.request["bucketName"] = "logs";
  const std::string raw = "{ \"huge\" : 18446744073709551616," + record.json().substr(1);
  seed_.add_all({raw});
  const auto row = ask(list_activity, november())["events"].at(0);
  const std::string key = row["event_key"];
  const auto response = call(show_event, {}, {{"event_key", key}});
  EXPECT_THAT(response.body, HasSubstr("\"raw\":" + raw + "}"));
  const auto detail = json::parse(response.body);
  EXPECT_EQ(detail["event_id"], id_of(1));
  EXPECT_EQ(detail["shared_event_id"], id_of(9));
  EXPECT_EQ(detail["received_at"], EventSeed::kReceivedAt);
  std::vector<std::string> mentions;
  for (const auto& mention : detail["mentions"])
    mentions.push_back(mention["direction"].get<std::string>() + " " + mention["kind"].get<std::string>());
  EXPECT_THAT(mentions, ElementsAre("by principal", "by access_key", "by ip_address", "by user_agent", "on resource"));
  EXPECT_EQ(call(show_event_raw, {}, {{"event_key", key}}).body, raw);
  EXPECT_EQ(call(show_event_raw, {}, {{"event_key", id_of(1)}}).body, raw);
}

TEST_F(EventRestTest, ForeignAndUnknownEventsGiveOneAnswer) {
  add_one();
  const std::string key = ask(list_activity, november())["events"].at(0)["event_key"];
  const auto scope = AccountScope::of({"444455556666"}).value();
  const auto foreign = call(show_event, {}, {{"event_key", key}}, scope);
  const auto unknown = call(show_event, {}, {{"event_key", "abc"}}, scope);
  EXPECT_EQ(foreign.status, 404);
  EXPECT_EQ(foreign.body, unknown.body);
  EXPECT_EQ(call(show_event_raw, {}, {{"event_key", key}}, scope).status, 404);
}

TEST_F(EventRestTest, ADamagedRecordIsAnErrorOnlyWhereItsBytesAreAsked) {
  add_one();
  const std::string key = ask(list_activity, november())["events"].at(0)["event_key"];
  seed_.admin_exec("UPDATE api_event SET raw = '\\x07'");
  EXPECT_EQ(ask(show_event, {}, {{"event_key", key}})["raw"], nullptr);
  EXPECT_EQ(call(show_event_raw, {}, {{"event_key", key}}).status, 500);
  EXPECT_TRUE(json::accept(pulled(call(export_activity, november({{"format", "ndjson"}, {"raw", "true"}})))));
}

TEST_F(EventRestTest, SearchFindsEntitiesAndEventIds) {
  add_one();
  const auto found = ask(search_entities, {{"q", "alice"}});
  EXPECT_EQ(found["entities"].at(0)["key"], "AIDAEXAMPLEALICE0001");
  EXPECT_EQ(found["entities"].at(0)["name"], "alice");
  EXPECT_EQ(found["entities"].at(0)["last_seen_at"], "2026-11-20T10:00:00Z");
  EXPECT_THAT(found["events"], IsEmpty());
  const auto event = ask(search_entities, {{"q", id_of(1)}});
  EXPECT_EQ(event["events"].at(0)["event_id"], id_of(1));
  EXPECT_THAT(ask(search_entities, {{"q", id_of(1)}}, {}, AccountScope::of({"444455556666"}).value())["events"],
              IsEmpty());
}

TEST_F(EventRestTest, AProfileTakesItsKeyFromTheParameterOrThePath) {
  add_one();
  const auto principal = ask(show_entity, november(), {{"kind", "principal"}, {"key", "AIDAEXAMPLEALICE0001"}});
  EXPECT_EQ(principal["kind"], "principal");
  EXPECT_EQ(principal["name"], "alice");
  EXPECT_EQ(principal["totals"], json::parse(R"({"ok":0,"denied":1,"failed":0})"));
  EXPECT_EQ(principal["first_seen_at"], "2026-11-20T10:00:00Z");
  EXPECT_EQ(principal["accounts"].at(0)["account_id"], "111122223333");
  EXPECT_EQ(principal["accounts"].at(0)["count"], 1);
  EXPECT_THAT(principal["findings"], IsEmpty());
  EXPECT_THAT(principal["facts"], Not(IsEmpty()));
  for (const char* name : {"regions", "access_keys", "ip_addresses", "user_agents", "apis", "sessions"})
    EXPECT_TRUE(principal[name].is_array()) << name;
  const auto agent = ask(show_entity, november({{"key", "aws-cli/2.15"}}), {{"kind", "user_agent"}});
  EXPECT_EQ(agent["key"], "aws-cli/2.15");
  EXPECT_EQ(agent["totals"]["denied"], 1);
  EXPECT_EQ(call(show_entity, {}, {{"kind", "user"}, {"key", "x"}}).status, 404);
  EXPECT_EQ(call(show_entity, {}, {{"kind", "principal"}}).status, 400);
  EXPECT_EQ(call(show_entity, {{"region", "x"}}, {{"kind", "principal"}, {"key", "x"}}).status, 400);
}

}  // namespace
}  // namespace backtrail::api
