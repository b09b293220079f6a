// Every error path of every door: the exact answer, and whether its sender would try again. The rule above all: no
// fault that passes, and none of ours, gets an answer after which a sender throws its event away.
#include <atomic>
#include <chrono>
#include <future>
#include <set>
#include <thread>

#include "api/doors/firehose.hpp"
#include "api/doors/ingest_doors.hpp"
#include "tests/http/door_harness.hpp"
#include "tests/support/compressed.hpp"

namespace backtrail::api {
namespace {

using testing::DoorHarness;
using testing::event;
using testing::firehose_body;
using testing::is_firehose_success;
using testing::Json;
using testing::post_head;
using testing::Sender;
using testing::senders;

const Sender& sender(const std::string& name) {
  for (const Sender& one : senders())
    if (one.name == name) return one;
  throw std::runtime_error("no sender " + name);
}
const bool kPasses = true, kStays = false;  // whether a fault goes away without anybody changing what is sent

void expect_form(const Sender& from, const Reply& reply) {
  EXPECT_TRUE(reply.complete);
  EXPECT_TRUE(reply.headers.contains("content-length"));
  EXPECT_FALSE(reply.headers.contains("content-encoding"));
  if (from.name == "Firehose") {
    EXPECT_EQ(reply.headers.at("content-type"), "application/json");
    const Json body = Json::parse(reply.body);
    EXPECT_EQ(body.at("requestId"), "request-1");
    EXPECT_TRUE(body.at("timestamp").is_number_integer());
    EXPECT_FALSE(body.at("errorMessage").get<std::string>().empty());
    EXPECT_EQ(body.size(), 3U);
  } else {
    EXPECT_EQ(reply.headers.at("content-type"), "application/problem+json");
    EXPECT_EQ(Json::parse(reply.body).at("status"), reply.status);
  }
}

// A refusal: its status, its form, and what the sender does about it.
void expect_refused(const Sender& from, const Reply& reply, int status, bool passes) {
  EXPECT_EQ(reply.status, status) << reply.body;
  EXPECT_FALSE(from.delivered(reply));
  expect_form(from, reply);
  if (!passes) return;
  EXPECT_TRUE(from.tries_again(reply.status)) << from.name << " throws it away";
  EXPECT_GT(std::stoi(reply.headers.at("retry-after")), 0);
}

class DoorsTest : public ::testing::Test {
 protected:
  static DoorHarness& doors() {
    if (!harness) harness = std::make_unique<DoorHarness>();
    return *harness;
  }
  static void TearDownTestSuite() { harness.reset(); }
  static int next() { return ++number; }
  static inline std::unique_ptr<DoorHarness> harness;
  static inline int number = 0;
};

TEST_F(DoorsTest, TakeWhatTheirSendersSend) {
  for (const Sender& from : senders()) {
    SCOPED_TRACE(from.name);
    const int before = doors().warehouse().count("api_event");
    const Reply reply = doors().post(from, from.envelope(event({.number = next()})));
    EXPECT_TRUE(from.delivered(reply)) << reply.status << reply.body;
    EXPECT_EQ(doors().warehouse().count("api_event"), before + 1);
  }
}

TEST_F(DoorsTest, WrongKeysAreRefusedAndNothingIsStored) {
  const std::string good = doors().token();
  std::string wrong = good;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  const std::int64_t long_ago = 1'000'000'000'000'000;
  const auto revoked = doors().key();
  ASSERT_TRUE(schema::revoke_api_key(doors().warehouse().maintenance(), revoked.key_id, schema::now_us()));
  const std::vector<std::pair<const char*, std::string>> keys{
      {"wrong", wrong},
      {"malformed", "x"},
      {"expired", doors().key("ingest", {"*"}, long_ago + 1, long_ago).token},
      {"revoked", revoked.token},
      {"of an analyst", doors().key("analyst").token}};
  const int before = doors().warehouse().count("delivery");
  for (const Sender& from : senders()) {
    for (const auto& [what, token] : keys) {
      SCOPED_TRACE(from.name + ", a key that is " + what);
      const Reply reply = doors().post_with(from, from.key_header(token), from.envelope(event({.number = next()})));
      expect_refused(from, reply, 401, kStays);
      EXPECT_TRUE(from.name == "SNS" || from.tries_again(reply.status) || from.name == "a script")
          << "a key can be mended within the day that EventBridge tries";
    }
    SCOPED_TRACE(from.name + " without a key");
    const Reply reply = doors().post_with(from, "", from.envelope(event({.number = next()})));
    expect_refused(from, reply, 401, kStays);
    const std::map<std::string, std::string> challenges{{"SNS", "Basic realm=\"backtrail\""}, {"Firehose", "none"}};
    const auto challenge = challenges.find(from.name);
    if (challenge == challenges.end() || challenge->second != "none") {
      EXPECT_EQ(reply.headers.at("www-authenticate"), challenge == challenges.end() ? "Bearer" : challenge->second);
    }
  }
  EXPECT_EQ(doors().warehouse().count("delivery"), before);
}

TEST_F(DoorsTest, EveryWayToCarryAKeyWorks) {
  const std::string token = doors().token();
  for (const Sender& from : senders())
    for (const std::string& header :
         {"X-Api-Key: " + token, "Authorization: Bearer " + token, "Authorization: bearer " + token,
          "Authorization: Basic " + testing::base64("anyone:" + token)}) {
      const Reply reply = doors().post_with(from, header + "\r\n", from.envelope(event({.number = next()})));
      EXPECT_TRUE(from.delivered(reply)) << from.name << " " << header.substr(0, 20) << reply.body;
    }
}

TEST_F(DoorsTest, TwoKeysAreGoodWhileOneReplacesTheOther) {
  const Sender& from = sender("Firehose");
  const auto old_key = doors().key(), new_key = doors().key();
  for (const auto& key : {old_key, new_key})
    EXPECT_TRUE(
        from.delivered(doors().post_with(from, from.key_header(key.token), from.envelope(event({.number = next()})))));
  ASSERT_TRUE(schema::revoke_api_key(doors().warehouse().maintenance(), old_key.key_id, schema::now_us()));
  EXPECT_TRUE(from.delivered(
      doors().post_with(from, from.key_header(new_key.token), from.envelope(event({.number = next()})))));
}

TEST_F(DoorsTest, WhatCannotBeReadIsKeptAndTakenAsDelivered) {
  const std::vector<std::string> bodies{"not JSON at all",
                                        R"({"unknown":"shape"})",
                                        "{\"truncated\":",
                                        "\xFF\xFE",
                                        testing::gzip(event({})).substr(0, 40),
                                        testing::gzip(std::string(8 << 20, '\0'), 9)};
  for (const Sender& from : senders())
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      SCOPED_TRACE(from.name + " " + std::to_string(i));
      const std::string body = bodies[i].substr(0, 1) == "{" ? bodies[i] + from.name : from.name + bodies[i];
      const std::string sent = i >= 4 ? bodies[i] : body;
      const int before = std::stoi(doors().warehouse().value("SELECT coalesce(sum(quarantined), 0) FROM delivery"));
      const Reply reply = doors().post(from, sent);
      EXPECT_TRUE(from.delivered(reply)) << reply.status << reply.body;
      EXPECT_GT(std::stoi(doors().warehouse().value("SELECT coalesce(sum(quarantined), 0) FROM delivery")), before);
    }
}

TEST_F(DoorsTest, ABodyThatAProxyLostIsNotTakenAsDelivered) {
  for (const Sender& from : senders()) {
    SCOPED_TRACE(from.name);
    expect_refused(from, doors().post(from, ""), 400, kStays);
  }
}

TEST_F(DoorsTest, SizesThatNoSenderHasAreRefusedByTheirHead) {
  const std::map<std::string, std::pair<std::size_t, int>> limits{{"EventBridge", {kEventBridgeBodyBytesMax, 413}},
                                                                  {"Firehose", {kFirehoseBodyBytesMax, 400}},
                                                                  {"SNS", {kSnsBodyBytesMax, 413}},
                                                                  {"a script", {kRawBodyBytesMax, 413}}};
  for (const Sender& from : senders()) {
    SCOPED_TRACE(from.name);
    const auto [bytes, status] = limits.at(from.name);
    const std::string headers = from.fixed_headers + from.key_header(doors().token()) + "Expect: 100-continue\r\n";
    expect_refused(from, doors().send(post_head(from.path, headers, bytes + 1)), status, kStays);
    RawClient client(doors().server().port());
    client.send(post_head(from.path, headers, bytes));
    EXPECT_EQ(client.reply(true).status, 100) << "the largest body is asked for";
  }
  // Above what each may send: 64 MiB of Firehose; 1 MiB of EventBridge; 256 KB of SNS with every character escaped.
  EXPECT_GT(kFirehoseBodyBytesMax, 64 * kMiB);
  EXPECT_GE(kEventBridgeBodyBytesMax, 2 * kMiB);
  EXPECT_GE(kSnsBodyBytesMax, 6 * 256 * kKiB);
}

TEST_F(DoorsTest, OtherMethodsAreNotTaken) {
  for (const Sender& from : senders())
    for (const char* method : {"GET", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
      SCOPED_TRACE(from.name + " " + method);
      const Reply reply =
          doors().send(std::string(method) + " " + from.path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n" +
                       from.fixed_headers + from.key_header(doors().token()) + "\r\n");
      EXPECT_EQ(reply.status, 405);
      EXPECT_EQ(reply.headers.at("allow"), "POST");
    }
}

TEST_F(DoorsTest, TheContentTypeAndEncodingSaidDoNotMatter) {
  for (const Sender& from : senders())
    for (const char* header :
         {"X-None: 1", "Content-Encoding: gzip", "Content-Encoding: identity", "Content-Encoding: br"}) {
      SCOPED_TRACE(from.name + " " + header);
      const std::string body = from.envelope(event({.number = next()}));
      EXPECT_TRUE(from.delivered(doors().post(from, body, std::string(header) + "\r\n")));
      EXPECT_TRUE(from.delivered(doors().post(from, testing::gzip(body), std::string(header) + "\r\n")));
    }
  Sender odd = sender("EventBridge");
  odd.fixed_headers = "Content-Type: application/x-www-form-urlencoded\r\n";
  EXPECT_TRUE(odd.delivered(doors().post(odd, event({.number = next()}))));
}

TEST_F(DoorsTest, DeadlinesEndBeforeTheSendersPatience) {
  const std::map<std::string, std::chrono::seconds> patience{{"/ingest/eventbridge", std::chrono::seconds(5)},
                                                             {"/ingest/sns", std::chrono::seconds(15)},
                                                             {"/ingest/firehose", std::chrono::seconds(180)}};
  std::size_t seen = 0;
  for (const auto& route : doors().server().router().routes()) {
    const auto found = patience.find(route->pattern);
    if (found == patience.end()) continue;
    ++seen;
    EXPECT_GT(route->options.deadline.count(), 0) << route->pattern;
    EXPECT_LT(route->options.deadline, found->second) << route->pattern;
    EXPECT_TRUE(route->options.render_error) << route->pattern;
  }
  EXPECT_EQ(seen, patience.size());
}

TEST(DoorsOverloadTest, AFullQueueIsARetry) {
  DoorHarness doors({.parsers = 1, .writers = 1, .input_bytes_max = 1, .rows_bytes_max = 1});
  doors.token();
  pqxx::connection connection(doors.warehouse().database().admin_connection_string());
  std::promise<void> stored[3];
  {
    pqxx::work lock(connection);
    lock.exec("LOCK TABLE backtrail.delivery IN ACCESS EXCLUSIVE MODE");
    // One is being written, one waits for the writer, one for room behind it.
    for (int i = 0; i < 3; ++i)
      doors.warehouse().pipeline().submit_when_room(doors.warehouse().delivery(event({.number = 100 + i})),
                                                    [&done = stored[i]](const ingest::Receipt&) { done.set_value(); });
    for (const Sender& from : senders()) {
      SCOPED_TRACE(from.name);
      expect_refused(from, doors.post(from, from.envelope(event({.number = 1}))), 503, kPasses);
    }
    lock.commit();
  }
  for (auto& done : stored) done.get_future().wait();
  for (const Sender& from : senders()) {
    // The parser may still be giving back the room of the last one.
    bool delivered = false;
    for (int tries = 0; tries < 100 && !delivered; ++tries)
      delivered = from.delivered(doors.post(from, from.envelope(event({.number = 1}))));
    EXPECT_TRUE(delivered) << from.name;
  }
}

TEST(DoorsOverloadTest, TooManyBodiesAtOnceAreARetry) {
  Limits limits;
  limits.in_flight_body_bytes = 100;
  DoorHarness doors({}, {}, limits);
  for (const Sender& from : senders()) {
    SCOPED_TRACE(from.name);
    expect_refused(from, doors.post(from, from.envelope(event({.number = 1}))), 503, kPasses);
  }
}

TEST(DoorsOverloadTest, ABodyThatCrawlsIsARetry) {
  Limits limits;
  limits.body_grace = std::chrono::milliseconds(50);
  DoorHarness doors({}, {}, limits);
  for (const Sender& from : senders()) {
    SCOPED_TRACE(from.name);
    const std::string head = post_head(from.path, from.fixed_headers + from.key_header(doors.token()), 1000);
    expect_refused(from, doors.send(head + "{"), 503, kPasses);
  }
}

TEST(DoorsDatabaseTest, ADatabaseThatIsAwayIsARetry) {
  DoorHarness doors;
  for (const Sender& from : senders())  // remembers the key
    EXPECT_TRUE(from.delivered(doors.post(from, from.envelope(event({.number = 1}))))) << from.name;
  const std::string unknown = doors.key().token;
  {
    pqxx::connection connection(doors.warehouse().database().admin_connection_string() + " dbname=postgres");
    pqxx::nontransaction session(connection);
    const std::string name = doors.warehouse().database().name();
    session.exec("ALTER DATABASE " + session.quote_name(name) + " ALLOW_CONNECTIONS false");
    session.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = " + session.quote(name));
  }
  for (const Sender& from : senders()) {
    SCOPED_TRACE(from.name);
    const std::string body = from.envelope(event({.number = 2}));
    expect_refused(from, doors.post(from, body), 503, kPasses);
    // The keys cannot be read: that is no wrong key.
    expect_refused(from, doors.post_with(from, from.key_header(unknown), body), 503, kPasses);
  }
}

// --- EventBridge

TEST_F(DoorsTest, EventBridgeGetsAWholeAnswerAndTheConnectionEnds) {
  const Sender& from = sender("EventBridge");
  RawClient client(doors().server().port());
  const std::string body = from.envelope(event({.number = next()}));
  const Reply reply =
      client.ask(post_head(from.path, from.fixed_headers + from.key_header(doors().token()) + "Connection: close\r\n",
                           body.size()) +
                 body);
  EXPECT_EQ(reply.status, 200) << "Range is of no meaning to a POST";
  EXPECT_FALSE(reply.headers.contains("content-range"));
  EXPECT_FALSE(reply.headers.contains("content-encoding"));
  EXPECT_EQ(reply.headers.at("connection"), "close");
  EXPECT_TRUE(client.closed());
}

TEST_F(DoorsTest, EventBridgeMaySendArraysAndWrappers) {
  const Sender& from = sender("EventBridge");
  const auto receipt = [&](const std::string& body) {
    const Reply reply = doors().post(from, body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return Json::parse(reply.body);
  };
  const std::string one = from.envelope(event({.number = next()})), two = from.envelope(event({.number = next()}));
  EXPECT_EQ(receipt("[" + one + "," + two + "]")["new"], 2);
  EXPECT_EQ(receipt("{\"ruleName\":\"r\",\"event\":" + one + "}")["duplicates"], 1);
  EXPECT_EQ(receipt(one)["duplicates"], 1) << "the same event by its EventBridge id";
}

// --- Firehose

TEST_F(DoorsTest, FirehoseTakesItsLargestRequest) {
  const Sender& from = sender("Firehose");
  std::vector<std::string> records;
  for (int i = 0; i < 10'000; ++i) {
    constexpr std::size_t kFills = 5019;
    records.push_back(event({.number = next()}));
    records.back().resize(kFills, ' ');
  }
  std::string body = firehose_body(records);
  ASSERT_LT(body.size(), 64 * kMiB);
  body.insert(body.size() - 1, std::string(64 * kMiB - body.size(), ' '));
  ASSERT_EQ(body.size(), 64 * kMiB);
  Json attributes = Json::object();
  for (std::size_t i = 0; i < kCommonAttributesMax; ++i) {
    std::string name = std::to_string(i);
    name.resize(kCommonAttributeNameMax, 'n');
    attributes[name] = std::string(kCommonAttributeValueMax, 'v');
  }
  const std::string header =
      "X-Amz-Firehose-Common-Attributes: " + Json{{"commonAttributes", attributes}}.dump() + "\r\n";
  ASSERT_GT(header.size(), 64'000U);
  const Reply reply = doors().post(from, body, header);
  EXPECT_TRUE(from.delivered(reply)) << reply.status << reply.body;
  EXPECT_EQ(doors().warehouse().value("SELECT received || ' ' || new FROM delivery ORDER BY received_at DESC LIMIT 1"),
            "10000 10000");
}

TEST_F(DoorsTest, FirehoseIdsComeFromWhereTheyAre) {
  Sender from = sender("Firehose");
  const auto id_of = [&](const std::string& id_header, const std::string& body) {
    from.fixed_headers = id_header;
    const Reply reply = doors().post(from, body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return Json::parse(reply.body)["requestId"].get<std::string>();
  };
  const std::string without = R"({"timestamp":1,"records":[]})";
  EXPECT_EQ(id_of("", firehose_body({}, "from-body")), "from-body");
  EXPECT_EQ(id_of("X-Amz-Firehose-Request-Id: from-header\r\n", without), "from-header");
  EXPECT_EQ(id_of("X-Amz-Firehose-Request-Id: both\r\n", firehose_body({}, "both")), "both");
  EXPECT_EQ(id_of("X-Amz-Firehose-Request-Id: both\r\n", testing::gzip(firehose_body({}, "both"))), "both");
  EXPECT_EQ(id_of("X-Amz-Firehose-Request-Id: from-header\r\n", "no JSON"), "from-header");
  EXPECT_FALSE(id_of("", event({.number = next()})).empty()) << "another sender gets an id of ours";
  from.fixed_headers = "X-Amz-Firehose-Request-Id: one\r\n";
  const Reply reply = doors().post(from, firehose_body({event({.number = next()})}, "two"));
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(Json::parse(reply.body)["requestId"], "one");
}

TEST_F(DoorsTest, FirehoseSaysWhoItIsInTheLedger) {
  const Sender& from = sender("Firehose");
  const std::string body = firehose_body({event({.number = next()})});
  EXPECT_TRUE(from.delivered(
      doors().post(from, body, "X-Amz-Firehose-Common-Attributes: {\"commonAttributes\":{\"site\":\"b\"}}\r\n")));
  EXPECT_EQ(doors().warehouse().value("SELECT source || ' ' || sender_request_id || ' ' || attributes || ' ' || door "
                                      "FROM delivery WHERE attributes <> '' ORDER BY received_at DESC LIMIT 1"),
            R"(arn:aws:firehose:eu-west-1:111122223333:deliverystream/s request-1 {"site":"b"} firehose)");
  const Reply wrong = doors().post(from, body, "X-Amz-Firehose-Common-Attributes: {\"commonAttributes\":[]}\r\n");
  expect_refused(from, wrong, 400, kStays);
}

TEST_F(DoorsTest, HostileHeadersDoNotStopADelivery) {
  Sender from = sender("Firehose");
  from.fixed_headers =
      "X-Amz-Firehose-Request-Id: \xFF\xC3\"'--<b>\r\nX-Amz-Firehose-Source-Arn: " + std::string(5000, '\xE2') +
      "\r\nX-Amz-Firehose-Common-Attributes: {\"commonAttributes\":{\"a\":\"\\u0000\\u202e\"}}\r\n";
  const Reply reply = doors().post(from, event({.number = next()}));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(doors().warehouse().count("delivery WHERE sender_request_id = '??\"''--<b>' AND length(source) = 512"), 1)
      << doors().warehouse().value("SELECT sender_request_id FROM delivery ORDER BY received_at DESC LIMIT 1");
}

// --- again

TEST(DoorsRedeliveryTest, AWholeRequestAgainAddsNothing) {
  DoorHarness doors;
  const std::string records = event({.number = 1}) + "\n" + testing::guardduty_json(1).dump() + "\n" +
                              R"({"no":"shape"})" + "\n" + event({.number = 2});
  for (const Sender& from : senders()) {
    SCOPED_TRACE(from.name);
    // EventBridge sends one event or a list of them.
    std::string body = from.envelope(records);
    if (from.name == "EventBridge")
      body = "[" + from.envelope(event({.number = 1})) + "," + from.envelope(testing::guardduty_json(1).dump()) +
             R"(,{"no":"shape"},)" + from.envelope(event({.number = 2})) + "]";
    EXPECT_TRUE(from.delivered(doors.post(from, body)));
    const std::string picture = doors.warehouse().picture();
    for (int again = 0; again < 3; ++again) EXPECT_TRUE(from.delivered(doors.post(from, body)));
    EXPECT_EQ(doors.warehouse().picture(), picture);
    EXPECT_EQ(
        doors.warehouse().value("SELECT received || ' ' || duplicates || ' ' || quarantined FROM delivery ORDER BY "
                                "received_at DESC LIMIT 1"),
        "4 3 1");
  }
  EXPECT_EQ(doors.warehouse().value("SELECT sum(received) FROM delivery"), "64");
  EXPECT_EQ(doors.warehouse().value("SELECT sum(new) FROM delivery"), "3");
  EXPECT_EQ(doors.warehouse().value("SELECT sum(duplicates) FROM delivery"), "45");
  EXPECT_EQ(doors.warehouse().value("SELECT sum(quarantined) FROM delivery"), "16");
}

}  // namespace
}  // namespace backtrail::api
