// Small findings for mapping tests, to be changed member by member.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "ingest/map/asff.hpp"
#include "ingest/map/guardduty.hpp"
#include "schema/core/time.hpp"
#include "tests/support/parsed_json.hpp"

namespace backtrail::ingest::fixtures {

using Json = nlohmann::ordered_json;

inline constexpr std::int64_t kReceivedUs = 1'793'707'200 * schema::kMicrosPerSecond;  // 2026-11-03T12:00:00Z
inline constexpr std::string_view kFindingId = "0123456789abcdef0123456789abcdef";
inline constexpr std::string_view kFindingArn =
    "arn:aws:guardduty:eu-central-1:111122223333:detector/d1/finding/0123456789abcdef0123456789abcdef";

inline Json remote_ip(std::string_view address) {
  return {{"ipAddressV4", address}, {"country", {{"countryName", "Norway"}}}};
}

// A GuardDuty finding about an IAM user's key.
inline Json guardduty_finding() {
  return {{"schemaVersion", "2.0"},
          {"accountId", "111122223333"},
          {"region", "eu-central-1"},
          {"partition", "aws"},
          {"id", kFindingId},
          {"arn", kFindingArn},
          {"type", "Recon:IAMUser/UserPermissions"},
          {"resource",
           {{"resourceType", "AccessKey"},
            {"accessKeyDetails",
             {{"accessKeyId", "AKIAEXAMPLEKEY000001"},
              {"principalId", "AIDAEXAMPLEUSER000001"},
              {"userName", "lee"},
              {"userType", "IAMUser"}}}}},
          {"service",
           {{"serviceName", "guardduty"},
            {"detectorId", "d1"},
            {"resourceRole", "TARGET"},
            {"eventFirstSeen", "2026-11-02T08:00:00Z"},
            {"eventLastSeen", "2026-11-02T09:00:00Z"},
            {"archived", false},
            {"count", 3},
            {"action",
             {{"actionType", "AWS_API_CALL"},
              {"awsApiCallAction",
               {{"api", "ListUsers"},
                {"serviceName", "iam.amazonaws.com"},
                {"remoteIpDetails", remote_ip("192.0.2.1")}}}}}}},
          {"severity", 5},
          {"createdAt", "2026-11-02T08:05:00Z"},
          {"updatedAt", "2026-11-02T09:05:00Z"},
          {"title", "A title"},
          {"description", "A description."}};
}

// The same finding as Security Hub tells it.
inline Json guardduty_asff() {
  return {
      {"SchemaVersion", "2018-10-08"},
      {"Id", kFindingArn},
      {"ProductArn", "arn:aws:securityhub:eu-central-1::product/aws/guardduty"},
      {"Region", "eu-central-1"},
      {"GeneratorId", "g"},
      {"AwsAccountId", "111122223333"},
      {"Types", {"TTPs/Discovery/Recon:IAMUser-UserPermissions"}},
      {"FirstObservedAt", "2026-11-02T08:00:00Z"},
      {"LastObservedAt", "2026-11-02T09:00:00Z"},
      {"CreatedAt", "2026-11-02T08:05:00Z"},
      {"UpdatedAt", "2026-11-02T09:05:00Z"},
      {"Severity", {{"Product", 5}, {"Label", "MEDIUM"}, {"Normalized", 50}}},
      {"Title", "A title"},
      {"Description", "A description."},
      {"ProductFields",
       {{"aws/guardduty/service/count", "3"},
        {"aws/guardduty/service/resourceRole", "TARGET"},
        {"aws/guardduty/service/action/actionType", "AWS_API_CALL"},
        {"aws/guardduty/service/action/awsApiCallAction/api", "ListUsers"},
        {"aws/guardduty/service/action/awsApiCallAction/serviceName", "iam.amazonaws.com"},
        {"aws/guardduty/service/action/awsApiCallAction/remoteIpDetails/ipAddressV4", "192.0.2.1"}}},
      {"Resources",
       {{{"Type", "AwsIamAccessKey"},
         {"Id", "AWS::IAM::AccessKey:AKIAEXAMPLEKEY000001"},
         {"Details",
          {{"AwsIamAccessKey",
            {{"PrincipalId", "AIDAEXAMPLEUSER000001"}, {"PrincipalName", "lee"}, {"PrincipalType", "IAMUser"}}}}}}}},
      {"RecordState", "ACTIVE"}};
}

// A finding of another product.
inline Json control_asff() {
  Json finding = guardduty_asff();
  finding["Id"] = "control-1";
  finding["ProductArn"] = "arn:aws:securityhub:eu-central-1::product/aws/securityhub";
  finding["Types"] = {"Effects/Data Exposure"};
  finding["ProductFields"] = Json::object();
  finding["Resources"] = {{{"Type", "AwsS3Bucket"}, {"Id", "arn:aws:s3:::assets"}}};
  return finding;
}

inline schema::Result<schema::Finding> map_guardduty_text(const std::string& json) {
  const testing::ParsedJson record(json);
  const schema::HashKey key{};
  return map_guardduty(record.root(), record.text(), {kReceivedUs, &key});
}
inline schema::Result<schema::Finding> map_guardduty_json(const Json& json) {
  return map_guardduty_text(json.dump());
}

inline schema::Result<schema::Finding> map_asff_text(const std::string& json) {
  const testing::ParsedJson record(json);
  const schema::HashKey key{};
  return map_asff(record.root(), record.text(), {kReceivedUs, &key});
}
inline schema::Result<schema::Finding> map_asff_json(const Json& json) {
  return map_asff_text(json.dump());
}

// The finding; the test fails when the record is refused.
inline schema::Finding mapped(const schema::Result<schema::Finding>& finding) {
  EXPECT_TRUE(finding.has_value()) << (finding ? "" : finding.error().detail);
  return finding ? *finding : schema::Finding{};
}
inline schema::Finding mapped_guardduty(const Json& json) {
  return mapped(map_guardduty_json(json));
}
inline schema::Finding mapped_asff(const Json& json) {
  return mapped(map_asff_json(json));
}

// The word that says why a record was refused; "stored" when it was not.
inline std::string refusal(const schema::Result<schema::Finding>& result) {
  if (result) return "stored";
  return result.error().detail.substr(0, result.error().detail.find(':'));
}

inline std::string time_text(std::int64_t us) {
  return schema::format_rfc3339(us);
}

// "actor principal AIDA…" in the order of the finding.
inline std::vector<std::string> entity_texts(const schema::Finding& finding) {
  std::vector<std::string> texts;
  for (const auto& mention : finding.entities)
    texts.push_back(std::string(name_of(mention.role)) + " " + std::string(name_of(mention.entity.kind)) + " " +
                    mention.entity.key);
  return texts;
}

inline std::vector<std::string> fact_values(const schema::Finding& finding, std::string_view label) {
  std::vector<std::string> values;
  for (const auto& [name, value] : finding.facts)
    if (name == label) values.push_back(value);
  return values;
}

}  // namespace backtrail::ingest::fixtures
