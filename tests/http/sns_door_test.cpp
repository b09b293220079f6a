// The SNS door: signed messages of allowed topics, keys, questions to confirm, and no request to anybody.
#include <fstream>

#include "tests/http/door_harness.hpp"
#include "tests/support/sns_signer.hpp"
#include "tests/support/temp_dir.hpp"

namespace backtrail::api {
namespace {

using testing::DoorHarness;
using testing::event;
using testing::Json;
using testing::SnsSigner;

std::string now_text() {
  return schema::format_rfc3339(schema::now_us() / 1'000'000 * 1'000'000);
}

class SnsDoorTest : public ::testing::Test {
 protected:
  // The topic is bound to a key that is made before the server, so it needs a harness of its own for the key's id.
  void bind(const std::vector<std::string>& accounts, std::optional<std::int64_t> expires_us = {}) {
    std::ofstream(directory.path() / SnsSigner::kFile) << signer().certificate_pem();
    SnsOptions options;
    options.certificates.directory = directory.path();
    options.topics[SnsSigner::kTopic] = "000000000000";
    doors = std::make_unique<DoorHarness>(ingest::PipelineOptions{}, options);
    key = doors->key("ingest", accounts, expires_us);
    doors->warehouse().rows("UPDATE api_key SET key_id = '000000000000' WHERE key_id = '" + key.key_id + "'");
  }
  static SnsSigner& signer() {
    static SnsSigner one;
    return one;
  }
  Reply post(const std::string& body, const std::string& headers = "") {
    return doors->send(testing::post_head("/ingest/sns", headers, body.size()) + body);
  }
  static std::string message(int number, const std::string& account = testing::kAccountA) {
    return signer().sign(SnsSigner::notification(event({.number = number, .account = account}), now_text())).dump();
  }

  testing::TempDir directory;
  std::unique_ptr<DoorHarness> doors;
  schema::NewApiKey key;
};

TEST_F(SnsDoorTest, TakesSignedMessagesWithoutAKey) {
  bind({testing::kAccountA});
  const Reply reply = post(message(1));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(Json::parse(reply.body)["new"], 1);
  EXPECT_EQ(Json::parse(post(message(1)).body)["duplicates"], 1);
  EXPECT_EQ(doors->warehouse().value(
                "SELECT DISTINCT door || ' ' || key_id || ' ' || source || ' ' || sender_request_id FROM delivery"),
            std::string("sns 000000000000 ") + SnsSigner::kTopic + " 50505050-0000-4000-8000-000000000001");
}

TEST_F(SnsDoorTest, ATopicWritesOnlyForTheAccountsOfItsKey) {
  bind({testing::kAccountA});
  EXPECT_EQ(Json::parse(post(message(1, testing::kAccountB)).body)["quarantined"], 1);
  EXPECT_EQ(doors->warehouse().count("api_event"), 0);
  EXPECT_EQ(doors->warehouse().value("SELECT kind FROM alert"), "account_mismatch");
}

TEST_F(SnsDoorTest, ForgeriesAreRefusedAndNothingIsStored) {
  bind({"*"});
  Json forged = Json::parse(message(1));
  forged["Message"] = event({.number = 2});
  EXPECT_EQ(post(forged.dump()).status, 403);
  forged["TopicArn"] = "arn:aws:sns:eu-west-1:111122223333:other";
  EXPECT_EQ(post(forged.dump()).status, 403);
  // A key does not make up for a wrong signature: where topics are bound, every envelope is checked.
  EXPECT_EQ(post(forged.dump(), "X-Api-Key: " + doors->token() + "\r\n").status, 403);
  // No envelope, no signature: a key is needed.
  const Reply raw = post(event({.number = 3}), "x-amz-sns-rawdelivery: true\r\n");
  EXPECT_EQ(raw.status, 401);
  EXPECT_EQ(raw.headers.at("www-authenticate"), "Basic realm=\"backtrail\"");
  EXPECT_EQ(post("{}").status, 401);
  EXPECT_EQ(post("").status, 400);
  EXPECT_EQ(doors->warehouse().count("delivery"), 0);
  EXPECT_EQ(doors->warehouse().count("quarantine"), 0) << "strangers fill no quarantine";
  EXPECT_EQ(post(event({.number = 3}), "x-amz-sns-rawdelivery: true\r\nX-Api-Key: " + doors->token() + "\r\n").status,
            200);
  EXPECT_EQ(post(message(4), "X-Api-Key: " + doors->token() + "\r\n").status, 200);
  EXPECT_EQ(doors->warehouse().count("api_event"), 2);
}

TEST_F(SnsDoorTest, AMissingCertificateIsARetry) {
  bind({"*"});
  std::filesystem::remove(directory.path() / SnsSigner::kFile);
  const Reply reply = post(message(1));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.headers.at("retry-after"), "2");
}

TEST_F(SnsDoorTest, ATopicEndsWithItsKey) {
  bind({"*"});
  EXPECT_EQ(post(message(1)).status, 200);
  ASSERT_TRUE(schema::revoke_api_key(doors->warehouse().maintenance(), "000000000000", schema::now_us()));
  EXPECT_EQ(post(message(2)).status, 401);
  EXPECT_EQ(doors->warehouse().count("api_event"), 1);
}

TEST_F(SnsDoorTest, QuestionsAreShownToAdministratorsAndNeverAnswered) {
  bind({testing::kAccountA});
  const std::string question = signer().sign(SnsSigner::confirmation(now_text())).dump();
  const Reply reply = post(question);
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(Json::parse(reply.body)["received"], 0);
  EXPECT_EQ(post(question).status, 200);
  const std::string administrator = doors->key("administrator").token;
  const Reply list = doors->get("/api/v1/sns/subscriptions", administrator);
  ASSERT_EQ(list.status, 200) << list.body;
  const Json subscriptions = Json::parse(list.body)["subscriptions"];
  ASSERT_EQ(subscriptions.size(), 1U);
  EXPECT_EQ(subscriptions[0]["topic_arn"], SnsSigner::kTopic);
  EXPECT_EQ(subscriptions[0]["account_id"], testing::kAccountA);
  EXPECT_EQ(subscriptions[0]["kind"], "SubscriptionConfirmation");
  EXPECT_EQ(subscriptions[0]["subscribe_url"], SnsSigner::confirmation("")["SubscribeURL"]);
  EXPECT_EQ(subscriptions[0]["key_id"], "000000000000");
  EXPECT_EQ(doors->get("/api/v1/sns/subscriptions", doors->key("analyst").token).status, 403);
  EXPECT_EQ(doors->get("/api/v1/sns/subscriptions", doors->token()).status, 403);
  // A later farewell takes its place.
  EXPECT_EQ(post(signer().sign(SnsSigner::confirmation(now_text(), "UnsubscribeConfirmation")).dump()).status, 200);
  EXPECT_EQ(doors->warehouse().value("SELECT kind FROM sns_subscription"), "UnsubscribeConfirmation");
}

TEST_F(SnsDoorTest, QuestionsThatLeadElsewhereAreRefused) {
  doors = std::make_unique<DoorHarness>();  // no topics: a key decides
  const auto ask = [&](const Json& question) {
    return post(question.dump(), "X-Api-Key: " + doors->key("ingest", {testing::kAccountA}).token + "\r\n").status;
  };
  Json question = SnsSigner::confirmation(now_text());
  EXPECT_EQ(ask(question), 200);
  question["SubscribeURL"] = "https://evil.example/?Action=ConfirmSubscription";
  EXPECT_EQ(ask(question), 403);
  question = SnsSigner::confirmation(now_text());
  question["TopicArn"] = "arn:aws:sns:eu-west-1:444455556666:other";
  EXPECT_EQ(ask(question), 403) << "an account that is not the key's";
  question["TopicArn"] = "<script>";
  EXPECT_EQ(ask(question), 403);
  EXPECT_EQ(doors->warehouse().count("sns_subscription"), 1);
}

TEST_F(SnsDoorTest, WithoutTopicsAKeyIsNeededAndEnough) {
  doors = std::make_unique<DoorHarness>();
  const std::string unsigned_message = SnsSigner::notification(event({.number = 1}), now_text()).dump();
  EXPECT_EQ(post(unsigned_message).status, 401);
  EXPECT_EQ(post(message(1)).status, 401);
  EXPECT_EQ(post(unsigned_message, "X-Api-Key: " + doors->token() + "\r\n").status, 200);
}

}  // namespace
}  // namespace backtrail::api
