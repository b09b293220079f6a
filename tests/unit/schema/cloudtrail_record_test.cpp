#include "schema/record/cloudtrail_record.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/parsed_json.hpp"

namespace backtrail::schema {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kReceivedUs = 1'793'707'200 * kMicrosPerSecond;  // 2026-11-03T12:00:00Z
constexpr std::string_view kEventId = "3038ebd2-c98a-4c65-9b6e-e22506292313";

Json a_record() {
  return {{"eventVersion", "1.11"},
          {"userIdentity",
           {{"type", "IAMUser"},
            {"principalId", "AIDAEXAMPLEUSER00001"},
            {"accountId", "111122223333"},
            {"userName", "lee"}}},
          {"eventTime", "2026-11-03T11:59:00Z"},
          {"eventSource", "s3.amazonaws.com"},
          {"eventName", "GetObject"},
          {"awsRegion", "eu-west-1"},
          {"sourceIPAddress", "192.0.2.10"},
          {"userAgent", "aws-cli/2.0"},
          {"requestParameters", {{"bucketName", "data"}}},
          {"responseElements", nullptr},
          {"eventID", kEventId},
          {"readOnly", true},
          {"eventType", "AwsApiCall"},
          {"managementEvent", true},
          {"recipientAccountId", "111122223333"},
          {"eventCategory", "Management"}};
}

Json changed(const char* key, Json value) {
  Json record = a_record();
  record[key] = std::move(value);
  return record;
}
Json without(std::initializer_list<const char*> keys) {
  Json record = a_record();
  for (const char* key : keys) record.erase(key);
  return record;
}

Result<ApiEvent> read(const std::string& json) {
  const testing::ParsedJson record(json);
  const HashKey key{};
  auto event = read_cloudtrail_record(record.root(), record.text(), {kReceivedUs, &key});
  if (event) event->raw = {};  // the text dies here
  return event;
}

ApiEvent event_of(const Json& record) {
  const auto event = read(record.dump());
  EXPECT_TRUE(event.has_value()) << (event ? "" : event.error().detail) << "\n" << record.dump(2);
  return event ? *event : ApiEvent{};
}

// The word that says why a record was refused; "stored" when it was not.
std::string refusal(const Json& record) {
  const auto event = read(record.dump());
  return event ? "stored" : event.error().detail.substr(0, event.error().detail.find(':'));
}

TEST(CloudTrailRecordTest, ReadsTheColumns) {
  const ApiEvent event = event_of(a_record());
  EXPECT_EQ(event.account_id, "111122223333");
  EXPECT_EQ(to_string(event.event_id), kEventId);
  EXPECT_EQ(format_rfc3339(event.event_time_us), "2026-11-03T11:59:00Z");
  EXPECT_EQ(event.region, "eu-west-1");
  EXPECT_EQ(event.service, "s3.amazonaws.com");
  EXPECT_EQ(event.api, "GetObject");
  EXPECT_EQ(event.event_class, EventClass::kManagement);
  EXPECT_EQ(event.outcome, Outcome::kOk);
  EXPECT_EQ(event.read_only, true);
  EXPECT_EQ(event.ip_address->key, "192.0.2.10");
  EXPECT_EQ(event.user_agent->key, "aws-cli/2.0");
  EXPECT_EQ(event.principal->key, "AIDAEXAMPLEUSER00001");
  EXPECT_EQ(event.caller_account_id, "111122223333");
  EXPECT_EQ(event.flags, 0);
  EXPECT_FALSE(event.shared_event_id.has_value());
}

TEST(CloudTrailRecordTest, IsRecognisedByItsShape) {
  const auto looks = [](const Json& json) {
    const testing::ParsedJson record(json.dump());
    return looks_like_cloudtrail(record.root());
  };
  EXPECT_TRUE(looks(a_record()));
  EXPECT_TRUE(looks({{"eventName", "X"}, {"eventVersion", "9.99"}}));
  EXPECT_TRUE(looks({{"eventName", "X"}, {"eventSource", nullptr}}));
  EXPECT_TRUE(looks({{"eventName", "X"}, {"userIdentity", nullptr}}));
  EXPECT_TRUE(looks({{"eventCategory", "Insight"}, {"insightDetails", {}}}));
  EXPECT_FALSE(looks(Json::object()));
  EXPECT_FALSE(looks({{"eventName", "X"}}));
  EXPECT_FALSE(looks({{"eventName", 5}, {"eventSource", "s3.amazonaws.com"}}));
  EXPECT_FALSE(looks({{"eventSource", "s3.amazonaws.com"}}));
  EXPECT_FALSE(looks({{"eventVersion", "2.1"}, {"eventSource", "aws:s3"}, {"eventName", "ObjectCreated:Put"}}))
      << "an S3 notification";
}

// --- versions

TEST(CloudTrailRecordTest, VersionOneHasNeitherRecipientNorCategoryNorType) {
  Json record = without({"recipientAccountId", "eventCategory", "managementEvent", "eventType", "readOnly"});
  record["eventVersion"] = "1.0";
  const ApiEvent event = event_of(record);
  EXPECT_EQ(event.account_id, "111122223333");
  EXPECT_EQ(event.flags, kFlagNoRecipient);
  EXPECT_EQ(event.event_class, EventClass::kManagement);
  EXPECT_FALSE(event.read_only.has_value());
}

TEST(CloudTrailRecordTest, EveryVersionIsRead) {
  for (const char* version :
       {"1.0", "1.01", "1.02", "1.03", "1.04", "1.05", "1.06", "1.07", "1.08", "1.09", "1.10", "1.11", "2.00", ""})
    EXPECT_EQ(to_string(event_of(changed("eventVersion", version)).event_id), kEventId) << version;
  EXPECT_EQ(refusal(without({"eventVersion"})), "stored");
  EXPECT_EQ(refusal(changed("fieldOfTheFuture", {{"deep", {1, 2, 3}}})), "stored");
}

TEST(CloudTrailRecordTest, ClassComesFromTheCategoryElseFromOlderFields) {
  const auto class_of = [](Json record) { return event_of(record).event_class; };
  EXPECT_EQ(class_of(changed("eventCategory", "Data")), EventClass::kData);
  EXPECT_EQ(class_of(changed("eventCategory", "NetworkActivity")), EventClass::kNetworkActivity);
  EXPECT_EQ(class_of(changed("eventCategory", "SomethingNew")), EventClass::kManagement);
  Json old = without({"eventCategory"});
  EXPECT_EQ(class_of(old), EventClass::kManagement);
  old["managementEvent"] = false;
  EXPECT_EQ(class_of(old), EventClass::kData);
  old["eventType"] = "AwsVpceEvent";
  EXPECT_EQ(class_of(old), EventClass::kNetworkActivity);
  old["eventType"] = "AwsCloudTrailInsight";
  EXPECT_EQ(class_of(old), EventClass::kInsight);
}

TEST(CloudTrailRecordTest, InsightEventsTakeTheApiTheyAreAbout) {
  Json record = {
      {"eventVersion", "1.08"},
      {"eventTime", "2026-11-03T11:59:00Z"},
      {"awsRegion", "eu-west-1"},
      {"eventID", kEventId},
      {"eventType", "AwsCloudTrailInsight"},
      {"recipientAccountId", "111122223333"},
      {"sharedEventID", "6f9a1b2c-0000-4000-8000-000000000001"},
      {"insightDetails",
       {{"state", "Start"}, {"eventSource", "ssm.amazonaws.com"}, {"eventName", "UpdateInstanceInformation"}}},
      {"eventCategory", "Insight"}};
  const ApiEvent event = event_of(record);
  EXPECT_EQ(event.event_class, EventClass::kInsight);
  EXPECT_EQ(event.api, "UpdateInstanceInformation");
  EXPECT_EQ(event.service, "ssm.amazonaws.com");
  EXPECT_EQ(event.flags, kFlagNoIdentity);
  EXPECT_EQ(to_string(*event.shared_event_id), "6f9a1b2c-0000-4000-8000-000000000001");
}

// --- account

TEST(CloudTrailRecordTest, TheRecipientIsWhereItHappened) {
  Json record = changed("recipientAccountId", "444455556666");
  const ApiEvent event = event_of(record);
  EXPECT_EQ(event.account_id, "444455556666");
  EXPECT_EQ(event.caller_account_id, "111122223333");
}

TEST(CloudTrailRecordTest, OnlyTwelveDigitsAreAnAccount) {
  for (const char* account :
       {"", "11112222333", "1111222233334", "111122223333 ", "11112222333x", "ANONYMOUS_PRINCIPAL"})
    EXPECT_EQ(refusal(changed("recipientAccountId", account)), "account") << account;
  EXPECT_EQ(event_of(changed("recipientAccountId", "000000000001")).account_id, "000000000001");
  EXPECT_EQ(refusal(changed("recipientAccountId", 111122223333)), "schema");
  EXPECT_EQ(refusal(changed("recipientAccountId", Json::array({"111122223333"}))), "schema");
  EXPECT_EQ(event_of(changed("recipientAccountId", nullptr)).flags, kFlagNoRecipient);
  EXPECT_EQ(refusal(without({"recipientAccountId", "userIdentity"})), "account");
  Json anonymous = without({"recipientAccountId"});
  anonymous["userIdentity"] = {{"type", "AWSAccount"}, {"accountId", "ANONYMOUS_PRINCIPAL"}};
  EXPECT_EQ(refusal(anonymous), "account");
}

// --- time

TEST(CloudTrailRecordTest, TimeIsReadStrictly) {
  EXPECT_EQ(refusal(without({"eventTime"})), "time");
  EXPECT_EQ(refusal(changed("eventTime", "yesterday")), "time");
  EXPECT_EQ(refusal(changed("eventTime", "2026-11-03T11:59:00")), "time");
  EXPECT_EQ(refusal(changed("eventTime", "")), "time");
  EXPECT_EQ(refusal(changed("eventTime", 1793707200)), "schema");
  EXPECT_EQ(refusal(changed("eventTime", nullptr)), "schema");
  EXPECT_EQ(refusal(changed("eventTime", 1.7e9)), "schema");
}

TEST(CloudTrailRecordTest, TimeMayStandInTimestamp) {
  Json record = without({"eventTime"});
  record["@timestamp"] = "2026-11-03T11:58:00.250Z";
  EXPECT_EQ(format_rfc3339(event_of(record).event_time_us), "2026-11-03T11:58:00.250000Z");
  record["eventTime"] = "2026-11-03T11:59:00Z";
  EXPECT_EQ(format_rfc3339(event_of(record).event_time_us), "2026-11-03T11:59:00Z");
}

TEST(CloudTrailRecordTest, LeapSecondsAndTheFutureAreFlagged) {
  EXPECT_EQ(event_of(changed("eventTime", "2016-12-31T23:59:60Z")).flags, kFlagLeapSecond);
  EXPECT_EQ(event_of(changed("eventTime", format_rfc3339(kReceivedUs + kFutureToleranceUs))).flags, 0);
  EXPECT_EQ(event_of(changed("eventTime", format_rfc3339(kReceivedUs + kFutureToleranceUs + 1))).flags, kFlagFuture);
}

// --- id

TEST(CloudTrailRecordTest, AMissingIdIsMadeFromTheRecord) {
  const Json record = without({"eventID"});
  const ApiEvent event = event_of(record);
  EXPECT_EQ(event.flags, kFlagMadeId);
  // Another spelling of the same value has the same id; another value has another.
  Json turned;
  for (auto it = record.rbegin(); it != record.rend(); ++it) turned[it.key()] = it.value();
  EXPECT_EQ(event_of(turned).event_id, event.event_id);
  Json other = record;
  other["eventTime"] = "2026-11-03T11:59:01Z";
  EXPECT_NE(event_of(other).event_id, event.event_id);
}

TEST(CloudTrailRecordTest, AnIdThatIsNoUuidStillIdentifies) {
  Json record = changed("eventID", "EXAMPLE8-9621-4d00");
  const ApiEvent event = event_of(record);
  EXPECT_EQ(event.flags, kFlagMadeId);
  record["eventTime"] = "2026-11-03T11:00:00Z";
  EXPECT_EQ(event_of(record).event_id, event.event_id);
  EXPECT_NE(event_of(changed("eventID", "EXAMPLE8-9621-4d01")).event_id, event.event_id);
  EXPECT_EQ(event_of(changed("eventID", 5)).flags, kFlagMadeId);
  EXPECT_EQ(to_string(event_of(changed("eventID", "3038EBD2-C98A-4C65-9B6E-E22506292313")).event_id), kEventId);
}

TEST(CloudTrailRecordTest, FingerprintIsOfTheWholeValue) {
  const ApiEvent event = event_of(a_record());
  EXPECT_EQ(read(a_record().dump(4))->content_fp, event.content_fp);
  EXPECT_NE(event_of(changed("unknown", 1)).content_fp, event.content_fp);
  EXPECT_NE(event_of(changed("userAgent", "aws-cli/2.1")).content_fp, event.content_fp);
}

// --- outcome

TEST(CloudTrailRecordTest, OutcomeComesFromTheErrorCode) {
  const auto outcome = [](const char* code) { return event_of(changed("errorCode", code)).outcome; };
  for (const char* denied :
       {"AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "UnauthorizedOperation",
        "NotAuthorized", "NotAuthorizedException", "ForbiddenException", "UnauthorizedAccess"})
    EXPECT_EQ(outcome(denied), Outcome::kDenied) << denied;
  for (const char* failed : {"NoSuchBucket", "ThrottlingException", "Client.InvalidInstanceID.NotFound", "x"})
    EXPECT_EQ(outcome(failed), Outcome::kFailed) << failed;
  EXPECT_EQ(outcome(""), Outcome::kOk);
}

TEST(CloudTrailRecordTest, AFailedConsoleSignInHasNoErrorCode) {
  Json record = changed("errorMessage", "Failed authentication");
  record["eventName"] = "ConsoleLogin";
  record["responseElements"] = {{"ConsoleLogin", "Failure"}};
  EXPECT_EQ(event_of(record).outcome, Outcome::kFailed);
  record.erase("errorMessage");
  EXPECT_EQ(event_of(record).outcome, Outcome::kFailed);
  record["responseElements"] = {{"ConsoleLogin", "Success"}};
  EXPECT_EQ(event_of(record).outcome, Outcome::kOk);
}

// --- the rest

TEST(CloudTrailRecordTest, ReadOnlyMayBeTextAndMayBeMissing) {
  EXPECT_EQ(event_of(changed("readOnly", "true")).read_only, true);
  EXPECT_EQ(event_of(changed("readOnly", "false")).read_only, false);
  EXPECT_EQ(event_of(changed("readOnly", false)).read_only, false);
  for (const Json& value : {Json(nullptr), Json("yes"), Json(1), Json::array()})
    EXPECT_FALSE(event_of(changed("readOnly", value)).read_only.has_value()) << value;
}

TEST(CloudTrailRecordTest, OnlyAddressesAreAddresses) {
  for (const char* text : {"AWS Internal", "ec2.amazonaws.com", "fe80::1%eth0", "1.2.3.999", ""}) {
    const ApiEvent event = event_of(changed("sourceIPAddress", text));
    EXPECT_FALSE(event.ip_address.has_value()) << text;
    EXPECT_EQ(event.source_address, text);
  }
  EXPECT_EQ(event_of(changed("sourceIPAddress", "2001:db8::1")).ip_address->key, "2001:db8::1");
}

TEST(CloudTrailRecordTest, PrivateAddressesAreFlagged) {
  for (const char* ip : {"10.0.0.1", "10.255.255.255", "192.168.1.1", "172.16.0.1", "172.31.255.255"})
    EXPECT_EQ(event_of(changed("sourceIPAddress", ip)).flags, kFlagVpcPrivateIp) << ip;
  for (const char* ip : {"11.0.0.1", "100.64.0.1", "172.15.0.1", "172.32.0.1", "172.1.6.1", "192.169.0.1", "1.10.0.1"})
    EXPECT_EQ(event_of(changed("sourceIPAddress", ip)).flags, 0) << ip;
}

TEST(CloudTrailRecordTest, LongUserAgentsAreCutAtACharacter) {
  const std::string agent = std::string(kEntityKeyMaxBytes - 1, 'a') + "\xC3\xA9" + std::string(100'000, 'b');
  EXPECT_EQ(event_of(changed("userAgent", agent)).user_agent->key, std::string(kEntityKeyMaxBytes - 1, 'a'));
}

TEST(CloudTrailRecordTest, NeedsAnApi) {
  EXPECT_EQ(refusal(without({"eventName"})), "schema");
  EXPECT_EQ(refusal(changed("eventName", "")), "schema");
  EXPECT_EQ(refusal(changed("eventName", 5)), "schema");
  EXPECT_EQ(event_of(without({"eventSource"})).service, "");
  EXPECT_EQ(event_of(without({"awsRegion"})).region, "");
}

TEST(CloudTrailRecordTest, SharedEventIdIsSpelledAsCloudTrailSpellsIt) {
  EXPECT_TRUE(event_of(changed("sharedEventID", kEventId)).shared_event_id.has_value());
  EXPECT_FALSE(event_of(changed("sharedEventId", kEventId)).shared_event_id.has_value());
  EXPECT_FALSE(event_of(changed("sharedEventID", "x")).shared_event_id.has_value());
}

// Every field with every wrong type: a record is stored or refused with a reason, never worse.
TEST(CloudTrailRecordTest, WrongTypesAnywhereAreStoredOrRefused) {
  const Json wrong[] = {nullptr,
                        true,
                        5,
                        -1.5,
                        "",
                        "text",
                        Json::array(),
                        Json::object(),
                        Json::array({1, "x", nullptr}),
                        Json::object({{"type", "x"}, {"ARN", 1}})};
  const Json good = a_record();
  for (const auto& item : good.items())
    for (const Json& value : wrong) {
      const std::string word = refusal(changed(item.key().c_str(), value));
      EXPECT_TRUE(word == "stored" || word == "schema" || word == "account" || word == "time")
          << item.key() << ": " << word;
    }
  for (const auto& item : good.items()) {
    const std::string word = refusal(without({item.key().c_str()}));
    EXPECT_TRUE(word == "stored" || word == "schema" || word == "account" || word == "time")
        << item.key() << ": " << word;
  }
}

TEST(CloudTrailRecordTest, OnlyObjectsAreRecords) {
  const testing::ParsedJson list("[1]");
  EXPECT_EQ(read_cloudtrail_record(list.root(), "[1]", {}).error().code, Code::kBadRecord);
}

}  // namespace
}  // namespace backtrail::schema
