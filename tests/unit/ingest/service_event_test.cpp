// Operational events of AWS services and object notifications as notices.
#include "ingest/map/service_event.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "schema/core/time.hpp"
#include "tests/support/parsed_json.hpp"

namespace backtrail::ingest {
namespace {

using backtrail::testing::ParsedJson;
namespace notice_kind = schema::notice_kind;

constexpr std::int64_t kReceivedUs = 1'793'707'200 * schema::kMicrosPerSecond;  // 2026-11-03T12:00:00Z
const schema::HashKey kKey{{1, 2, 3}};
const MapContext kContext{kReceivedUs, &kKey};

std::string envelope(std::string_view source, std::string_view detail_type, std::string_view detail = "{}",
                     std::string_view time = "2026-11-02T10:00:00Z") {
  return fmt::format(R"({{"detail-type":"{}","source":"{}","account":"111122223333","time":"{}","region":"eu-west-1",)"
                     R"("resources":["arn:aws:x:1"],"detail":{}}})",
                     detail_type, source, time, detail);
}

schema::Notice mapped(const std::string& text) {
  const ParsedJson json(text);
  return map_service_event(json.root(), text, kContext).value();
}

TEST(ServiceEventTest, KindsAreToldApart) {
  const std::tuple<const char*, const char*, std::string_view> cases[] = {
      {"aws.guardduty", "GuardDuty Malware Protection Object Scan Result", notice_kind::kScanResult},
      {"aws.guardduty", "GuardDuty Malware Protection Resource Status Active", notice_kind::kResourceStatus},
      {"aws.guardduty", "GuardDuty Malware Protection Resource Status Warning", notice_kind::kResourceStatus},
      {"aws.guardduty", "GuardDuty Malware Protection Resource Status Error", notice_kind::kResourceStatus},
      {"aws.guardduty", "GuardDuty Malware Protection Post Scan Action Failed", notice_kind::kResourceStatus},
      {"aws.guardduty", "GuardDuty Runtime Protection Healthy", notice_kind::kRuntimeHealth},
      {"aws.guardduty", "GuardDuty Runtime Protection Unhealthy", notice_kind::kRuntimeHealth},
      {"aws.securityhub", "Security Hub Insight Results", notice_kind::kInsightResults},
      {"aws.s3", "Object Created", notice_kind::kObject},
      {"aws.s3", "Object Deleted", notice_kind::kObject},
      {"aws.s3", "Object Restore Completed", notice_kind::kObject},
      {"aws.events", "Scheduled Event", notice_kind::kHeartbeat},
      {"aws.scheduler", "Scheduled Event", notice_kind::kHeartbeat},
      {"aws.guardduty", "Something Of Tomorrow", notice_kind::kServiceEvent},
      {"aws.health", "AWS Health Event", notice_kind::kServiceEvent},
      {"aws.ec2", "EC2 Instance State-change Notification", notice_kind::kServiceEvent}};
  for (const auto& [source, detail_type, kind] : cases) {
    const std::string text = envelope(source, detail_type);
    EXPECT_TRUE(is_service_event(ParsedJson(text).root())) << detail_type;
    const auto notice = mapped(text);
    EXPECT_EQ(notice.kind, kind) << detail_type;
    EXPECT_EQ(notice.detail_type, detail_type);
    EXPECT_EQ(notice.source, source);
  }
}

TEST(ServiceEventTest, WhatCarriesRecordsOrIsOfOthersIsNone) {
  const std::pair<const char*, const char*> cases[] = {{"aws.guardduty", "GuardDuty Finding"},
                                                       {"aws.securityhub", "Security Hub Findings - Imported"},
                                                       {"aws.securityhub", "Security Hub Findings - Custom Action"},
                                                       {"aws.securityhub", "Findings Imported V2"},
                                                       {"aws.inspector2", "Inspector2 Finding"},
                                                       {"aws.macie", "Macie Finding"},
                                                       {"aws.access-analyzer", "Access Analyzer Finding"},
                                                       {"aws.iam", "AWS API Call via CloudTrail"},
                                                       {"aws.signin", "AWS Console Sign In via CloudTrail"},
                                                       {"aws.kms", "AWS Service Event via CloudTrail"},
                                                       {"aws.cloudtrail", "AWS Insight via CloudTrail"},
                                                       {"aws.partner/example.com/x", "Anything"},
                                                       {"com.example.app", "Anything"},
                                                       {"aws", "Anything"}};
  for (const auto& [source, detail_type] : cases)
    EXPECT_FALSE(is_service_event(ParsedJson(envelope(source, detail_type)).root())) << detail_type;
}

TEST(ServiceEventTest, SubjectsAreFoundWhereTheServiceHasThem) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"s3ObjectDetails":{"bucketName":"b","objectKey":"k/1"}})", "b/k/1"},
      {R"({"bucket":{"name":"b"},"object":{"key":"a b"}})", "b/a b"},
      {R"({"s3BucketDetails":{"bucketName":"b"}})", "b"},
      {R"({"insightArn":"arn:aws:securityhub:::insight/1"})", "arn:aws:securityhub:::insight/1"},
      {R"({"resourceDetails":{"ec2InstanceDetails":{"instanceId":"i-0123456789abcdef0"}}})", "i-0123456789abcdef0"},
      {R"({"resourceDetails":{"eksClusterDetails":{"clusterName":"shop"}}})", "shop"},
      {R"({"resourceDetails":{"ecsClusterDetails":{"clusterName":"jobs"}}})", "jobs"},
      {"{}", "arn:aws:x:1"},
      {R"({"bucket":"b","resourceDetails":[],"insightArn":5})", "5"}};
  for (const auto& [detail, subject] : cases) EXPECT_EQ(mapped(envelope("aws.x", "X", detail)).subject, subject);
}

TEST(ServiceEventTest, TheTimeIsTheSendersUnlessItLiesAheadOrIsNone) {
  const auto time_of = [](std::string_view time) { return mapped(envelope("aws.x", "X", "{}", time)).time_us; };
  EXPECT_EQ(schema::format_rfc3339(time_of("2026-11-02T10:00:00Z")), "2026-11-02T10:00:00Z");
  for (const char* text : {"2026-11-03T12:00:01Z", "2999-01-01T00:00:00Z", "", "yesterday"})
    EXPECT_EQ(time_of(text), kReceivedUs) << text;
}

TEST(ServiceEventTest, TheSameValueIsTheSameNotice) {
  const std::string a = R"({"detail-type":"X","source":"aws.x","account":"111122223333","detail":{"a":1,"b":2}})";
  const std::string b = R"({ "account":"111122223333","detail":{"b":2,"a":1},"source":"aws.x","detail-type":"X"})";
  const std::string c = R"({"detail-type":"X","source":"aws.x","account":"111122223333","detail":{"a":1,"b":3}})";
  EXPECT_EQ(mapped(a).notice_id, mapped(b).notice_id);
  EXPECT_NE(mapped(a).notice_id, mapped(c).notice_id);
  EXPECT_EQ(mapped(b).raw, b);
}

TEST(ServiceEventTest, AnEnvelopeWithoutAnAccountIsRefused) {
  for (const char* account : {R"("1234")", "111122223333", "null", R"("١١١١٢٢٢٢٣٣٣٣")"}) {
    const std::string text =
        fmt::format(R"({{"detail-type":"X","source":"aws.x","account":{},"detail":{{}}}})", account);
    const ParsedJson json(text);
    const auto refused = map_service_event(json.root(), text, kContext);
    ASSERT_FALSE(refused.has_value()) << account;
    EXPECT_THAT(refused.error().detail, ::testing::StartsWith("account: "));
  }
}

TEST(ServiceEventTest, LabelsAndSubjectsHaveLimits) {
  const auto with = [](std::size_t subject, std::size_t type) {
    return mapped(
        envelope("aws.x", std::string(type, 't'), fmt::format(R"({{"insightArn":"{}"}})", std::string(subject, 's'))));
  };
  EXPECT_EQ(with(kNoticeSubjectMaxBytes, kNoticeLabelMaxBytes).subject, std::string(kNoticeSubjectMaxBytes, 's'));
  EXPECT_EQ(with(kNoticeSubjectMaxBytes, kNoticeLabelMaxBytes).detail_type, std::string(kNoticeLabelMaxBytes, 't'));
  const auto cut = with(kNoticeSubjectMaxBytes + 1, kNoticeLabelMaxBytes + 1);
  EXPECT_LE(cut.subject.size(), kNoticeSubjectMaxBytes);
  EXPECT_LE(cut.detail_type.size(), kNoticeLabelMaxBytes);
  EXPECT_THAT(cut.subject, ::testing::EndsWith("\xE2\x80\xA6"));
  EXPECT_EQ(mapped(envelope("aws.x", "a\\u0000b")).detail_type,
            "a\xEF\xBF\xBD"
            "b");
}

TEST(ObjectNoticeTest, SaysWhichObject) {
  const std::string text = R"({"s3Bucket":"trail","s3ObjectKey":["a","b"]})";
  const ParsedJson json(text);
  const ObjectFacts facts{"111122223333",        "eu-west-1", "aws.s3", "ObjectCreated:Put", "trail", "a",
                          "2026-11-02T10:00:00Z"};
  const auto notice = object_notice(facts, json.root(), text, kContext);
  EXPECT_EQ(notice.kind, notice_kind::kObject);
  EXPECT_EQ(notice.subject, "trail/a");
  EXPECT_EQ(notice.account_id, "111122223333");
  ObjectFacts other = facts;
  other.key = "b";
  EXPECT_NE(object_notice(other, json.root(), text, kContext).notice_id, notice.notice_id)
      << "two objects of one message are two notices";
  other.account_id = "12345";
  EXPECT_EQ(object_notice(other, json.root(), text, kContext).account_id, "");
}

TEST(ObjectNoticeTest, TheAccountStandsInKeysOfAwsLogs) {
  const std::pair<const char*, const char*> cases[] = {
      {"AWSLogs/111122223333/CloudTrail/eu-west-1/x.json.gz", "111122223333"},
      {"prefix/AWSLogs/111122223333/GuardDuty/x", "111122223333"},
      {"AWSLogs/o-exampleorg1/444455556666/CloudTrail/x", "444455556666"},
      {"myAWSLogs/111122223333/x", ""},
      {"AWSLogs/11112222333/x", ""},
      {"AWSLogs/1111222233334/x", ""},
      {"AWSLogs/111122223333", ""},
      {"AWSLogs/o-exampleorg1", ""},
      {"AWSLogs/o-", ""},
      {"AWSLogs/", ""},
      {"", ""}};
  for (const auto& [key, account] : cases) EXPECT_EQ(account_of_log_key(key), account) << key;
}

}  // namespace
}  // namespace backtrail::ingest
