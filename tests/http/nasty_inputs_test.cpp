// Every nasty input through every door that carries anything: raw, EventBridge and Firehose over HTTP, and
// files.
//
// Besides its own outcome each leaves books that balance, bytes as they were sent, and one account whoever reads: the
// column, the raw record read by another parser, and PostgreSQL's jsonb.
#include "tests/http/nasty_inputs.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <set>

#include "api/app.hpp"
#include "api/http/server.hpp"
#include "ingest/source/file_import.hpp"
#include "schema/block_format/raw_codec.hpp"
#include "schema/registry/api_keys.hpp"
#include "tests/db/ingest_warehouse.hpp"
#include "tests/db/test_intake.hpp"
#include "tests/http/door_harness.hpp"
#include "tests/http/raw_client.hpp"
#include "tests/support/temp_dir.hpp"

namespace backtrail::api {
namespace {

using namespace backtrail::testing;

enum class Door { kRaw, kEventBridge, kFirehose, kImport };
constexpr std::array kDoors{Door::kRaw, Door::kEventBridge, Door::kFirehose, Door::kImport};

const char* name_of(Door door) {
  switch (door) {
    case Door::kRaw:
      return "raw";
    case Door::kEventBridge:
      return "eventbridge";
    case Door::kFirehose:
      return "firehose";
    default:
      return "import";
  }
}

std::size_t record_count(const Json& answer) {
  return answer.at("received").get<std::size_t>();
}

// The receipt that an answer holds, in words.
std::string words_of(const Json& answer) {
  std::string text = fmt::format("received {}:", record_count(answer));
  for (const char* outcome : {"new", "duplicates", "variants", "updated", "stale", "quarantined"})
    if (answer.at(outcome) != 0) text += fmt::format(" {} {}", outcome, answer.at(outcome).get<std::uint64_t>());
  return text;
}

// One warehouse and one server for all inputs; the tables are emptied in between.
struct Place {
  Place() : api({.connection_string = warehouse.database().connection_string("backtrail_api")}) {
    AppOptions options;
    options.api = &api;
    options.maintenance = &warehouse.maintenance();
    intake = std::make_unique<TestIntake>(warehouse);
    options.intake = intake->get();
    options.ingest = &warehouse.ingest();
    options.hash_key = warehouse.pipeline().hash_key();
    app = std::make_unique<App>(options);
    ServerOptions listen;
    listen.port = 0;
    app->connect(listen);
    server = std::make_unique<Server>(std::move(listen), app->router());
    server->start();
    token = schema::create_api_key(warehouse.maintenance(), "a test", "ingest", {"*"}, std::nullopt, schema::now_us())
                .value()
                .token;
    // What is stored of events, readable.
    warehouse.value("CREATE TABLE stored (event_id uuid, account_id text, raw text)");
  }
  ~Place() { server->stop(); }
  IngestWarehouse warehouse;
  schema::Database api;
  std::unique_ptr<TestIntake> intake;
  std::unique_ptr<App> app;
  std::unique_ptr<Server> server;
  std::string token;
};

class NastyInputTest : public ::testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {
 protected:
  static void SetUpTestSuite() { place_ = std::make_unique<Place>(); }
  static void TearDownTestSuite() { place_.reset(); }
  void SetUp() override {
    place_->warehouse.value(
        "DELETE FROM api_event; DELETE FROM event_mention; DELETE FROM finding; DELETE FROM finding_version; DELETE "
        "FROM "
        "finding_entity; DELETE FROM quarantine; DELETE FROM alert; DELETE FROM delivery; DELETE FROM delivery_kind; "
        "DELETE FROM import_object; DELETE FROM stored");
  }
  static IngestWarehouse& warehouse() { return place_->warehouse; }

  static std::string push(const NastyInput& input, Door door) {
    RawClient client(place_->server->port());
    const Reply reply = client.ask(
        fmt::format("POST /ingest/{} HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {}\r\n{}Content-Length: {}\r\n\r\n{}",
                    name_of(door), place_->token, input.headers, input.body.size(), input.body));
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.status == 200 ? words_of(Json::parse(reply.body)) : "refused";
  }
  // As one record of a request, or the request that it is. Firehose is told no counts: the ledger has them.
  static std::string push_firehose(const NastyInput& input) {
    const bool request = input.body.starts_with(R"({"requestId")");
    const std::string body = request ? input.body : firehose_body({input.body});
    RawClient client(place_->server->port());
    const Reply reply =
        client.ask(fmt::format("POST /ingest/firehose HTTP/1.1\r\nHost: localhost\r\nX-Amz-Firehose-Access-Key: {}\r\n"
                               "X-Amz-Firehose-Request-Id: request-1\r\n{}Content-Length: {}\r\n\r\n{}",
                               place_->token, input.headers, body.size(), body));
    EXPECT_TRUE(is_firehose_success(reply)) << reply.status << reply.body;
    const auto ledger = warehouse().rows("SELECT row_to_json(delivery) FROM delivery");
    return ledger.size() == 1 ? words_of(Json::parse(ledger[0][0].c_str())) : "refused";
  }
  static std::string import(const NastyInput& input) {
    const TempDir directory;
    std::ofstream(directory / "input", std::ios::binary) << input.body;
    const auto report = ingest::import_files(warehouse().pipeline(), warehouse().ingest(), {directory.path()}, {});
    if (!report) return report.error().detail;
    EXPECT_EQ(report->files_failed, 0U);
    return report->ignored.empty() ? text_of(report->receipt) : "ignored";
  }
  // Files that begin like no JSON are somebody's notes, not a delivery: they are listed as ignored, not quarantined.
  static bool is_file_for_us(const std::string& body) {
    if (ingest::container_of(body) != ingest::Container::kNone) return true;
    const auto first = body.find_first_not_of(" \t\r\n\x1e\xEF\xBB\xBF");
    return first != std::string::npos && (body[first] == '{' || body[first] == '[');
  }

  // Unpacks what is stored of events, and compares what the readers of evidence make of it.
  static void check_evidence() {
    pqxx::connection connection(warehouse().database().admin_connection_string());
    pqxx::work work(connection);
    work.exec("SET search_path = backtrail");
    for (const auto& row : work.exec("SELECT event_id, account_id, raw FROM api_event")) {
      const pqxx::binarystring bytes(row[2]);
      const auto raw = schema::decode_raw(bytes.str());
      ASSERT_TRUE(raw);
      const Json other = Json::parse(*raw);
      if (other.contains("recipientAccountId")) {
        EXPECT_EQ(other["recipientAccountId"], row[1].c_str());
      }
      work.exec_params("INSERT INTO stored VALUES ($1, $2, $3)", row[0].c_str(), row[1].c_str(), *raw);
    }
    // jsonb takes no U+0000, and then shows nothing rather than something else.
    EXPECT_TRUE(
        work.exec("SELECT FROM stored WHERE raw NOT LIKE '%\\\\u0000%' AND raw::jsonb ->> 'recipientAccountId' <> "
                  "account_id")
            .empty());
    for (const auto& row : work.exec("SELECT account_id, raw FROM finding_version")) {
      const auto raw = schema::decode_raw(pqxx::binarystring(row[1]).str());
      ASSERT_TRUE(raw);
      const Json other = Json::parse(*raw);
      const Json account = other.contains("accountId") ? other["accountId"] : other["AwsAccountId"];
      EXPECT_EQ(account.is_string() ? account.get<std::string>() : account.dump(), row[0].c_str());
    }
    work.commit();
    EXPECT_EQ(warehouse().count("quarantine WHERE sha256 <> sha256(raw) OR bytes <> octet_length(raw)"), 0);
  }
  static void check_books(const std::string& outcome) {
    const auto rows = warehouse().rows(
        "SELECT d.received, coalesce(sum(k.received), 0), d.quarantined, (SELECT count(*) FROM quarantine) FROM "
        "delivery "
        "AS d LEFT JOIN delivery_kind AS k USING (delivery_id) GROUP BY d.delivery_id");
    ASSERT_EQ(rows.size(), outcome == "ignored" ? 0U : 1U);
    if (rows.empty()) return;
    EXPECT_EQ(rows[0][0].as<int>(), rows[0][1].as<int>());
    EXPECT_EQ(rows[0][2].as<int>(), rows[0][3].as<int>());
    EXPECT_TRUE(outcome.starts_with(fmt::format("received {}:", rows[0][0].as<int>()))) << outcome;
  }

  static std::unique_ptr<Place> place_;
};
std::unique_ptr<Place> NastyInputTest::place_;

TEST_P(NastyInputTest, HasItsOutcome) {
  const NastyInput& input = nasty_inputs()[std::get<0>(GetParam())];
  const Door door = kDoors[std::get<1>(GetParam())];
  const bool ignored = door == Door::kImport && !is_file_for_us(input.body);
  const std::string outcome = door == Door::kImport     ? import(input)
                              : door == Door::kFirehose ? push_firehose(input)
                                                        : push(input, door);
  EXPECT_EQ(outcome, ignored ? "ignored" : input.outcome);
  check_evidence();
  check_books(outcome);
  if (ignored) return;
  EXPECT_EQ(warehouse().value("SELECT string_agg(DISTINCT reason, ' ' ORDER BY reason) FROM quarantine"),
            input.reasons);
  if (!input.check.empty()) {
    EXPECT_EQ(warehouse().value(input.check), input.answer) << input.check;
  }
}

std::string test_name(const ::testing::TestParamInfo<std::tuple<std::size_t, std::size_t>>& info) {
  const NastyInput& input = nasty_inputs()[std::get<0>(info.param)];
  return fmt::format("N{:02}{}_{}", input.number, input.name, name_of(kDoors[std::get<1>(info.param)]));
}
INSTANTIATE_TEST_SUITE_P(All, NastyInputTest,
                         ::testing::Combine(::testing::Range<std::size_t>(0, nasty_inputs().size()),
                                            ::testing::Range<std::size_t>(0, kDoors.size())),
                         test_name);

TEST(NastyInputListTest, IsComplete) {
  std::set<int> numbers;
  for (const auto& input : nasty_inputs()) numbers.insert(input.number);
  constexpr int kFirstElsewhere = 43;  // framing and whole Firehose requests have tests of their own
  for (int number = 1; number < kFirstElsewhere; ++number) EXPECT_TRUE(numbers.contains(number)) << number;
}

// An empty body is an empty delivery: counted, and nothing to send again.
TEST(NastyInputListTest, AnEmptyBodyIsAnEmptyDelivery) {
  IngestWarehouse warehouse;
  EXPECT_EQ(text_of(warehouse.deliver("")), "received 0:");
  EXPECT_EQ(warehouse.count("delivery"), 1);
}

}  // namespace
}  // namespace backtrail::api
