#include <algorithm>
#include <fmt/format.h>

#include "ingest/map/finding_builder.hpp"
#include "ingest/map/finding_caller.hpp"
#include "ingest/map/finding_record.hpp"
#include "ingest/map/finding_severity.hpp"
#include "ingest/map/finding_times.hpp"
#include "ingest/map/guardduty_action.hpp"
#include "ingest/map/json_field.hpp"
#include "ingest/map/native_time.hpp"
#include "ingest/map/service_findings.hpp"

namespace backtrail::ingest {
namespace {

using schema::EntityKind;
using schema::Finding;
using schema::FindingRole;
using schema::JsonNode;
using schema::Result;

Result<void> set_identity(const JsonNode& record, Finding& finding) {
  const auto account = identity_text(field(&record, "accountId"), "accountId");
  if (!account) return account.error();
  if (!schema::is_account_id(*account)) return bad_record("account", "accountId is not 12 digits");
  const auto id = identity_text(field(&record, "id"), "id");
  if (!id) return id.error();
  if (id->empty()) return bad_record("missing_id", "no id");
  const auto region = identity_text(field(&record, "region"), "region");
  if (!region) return region.error();
  if (region->empty()) return bad_record("schema", "no region");
  const auto partition = text_field(&record, "partition");
  finding.region = *region;
  finding.product_arn =
      fmt::format("arn:{}:securityhub:{}::product/aws/macie", partition.empty() ? "aws" : partition, finding.region);
  finding.product_arn = without_nul(finding.product_arn);
  finding.identity = {std::string(*account), finding.product_arn, std::string(*id)};
  return {};
}

// userIdentity has one block per type, all others null.
void map_actor(const JsonNode* actor, std::string_view account, Finding& finding, FindingBuilder& builder) {
  const JsonNode* identity = field(actor, "userIdentity");
  for (const char* block : {"assumedRole", "iamUser", "root", "federatedUser", "awsAccount", "awsService"}) {
    const JsonNode* who = field(identity, block);
    if (who == nullptr) continue;
    auto name = text_field(who, "userName");
    if (name.empty()) name = text_field(who, "sessionContext", "sessionIssuer", "userName");
    const auto owner = text_field(who, "accountId");
    add_caller({text_field(who, "principalId"),
                text_field(identity, "type"),
                name,
                text_field(who, "accessKeyId"),
                owner.empty() ? account : owner,
                {}},
               FindingRole::kActor, builder);
    if (finding.user_name.empty()) finding.user_name = without_nul(name);
    builder.add_fact("User", name);
    builder.add_fact("Access key", text_field(who, "accessKeyId"));
  }
  const JsonNode* address = field(actor, "ipAddressDetails");
  const auto ip = text_field(address, "ipAddressV4");
  if (!ip.empty())
    add_remote_address(ip,
                       {{"country", text_field(address, "ipCountry", "name")},
                        {"city", text_field(address, "ipCity", "name")},
                        {"asn", text_field(address, "ipOwner", "asn")},
                        {"organization", text_field(address, "ipOwner", "asnOrg")},
                        {"isp", text_field(address, "ipOwner", "isp")}},
                       builder);
}

void map_policy(const JsonNode* policy, Finding& finding, FindingBuilder& builder) {
  const JsonNode* call = field(policy, "action", "apiCallDetails");
  const auto api = text_field(call, "api"), service = text_field(call, "apiServiceName");
  if (!api.empty())
    finding.action = without_nul(service.empty() ? std::string(api) : fmt::format("{} {}", service, api));
  builder.add_fact("API call", api);
  builder.add_fact("Service", service);
  map_actor(field(policy, "actor"), finding.identity.account_id, finding, builder);
}

void map_affected(const JsonNode* affected, FindingBuilder& builder) {
  const JsonNode* bucket = field(affected, "s3Bucket");
  const auto name = text_field(bucket, "name");
  if (!name.empty())
    builder.add_entity(
        EntityKind::kResource, fmt::format("arn:aws:s3:::{}", name), name, FindingRole::kTarget,
        {{"type", "AwsS3Bucket"}, {"public", text_field(bucket, "publicAccess", "effectivePermission")}});
  builder.add_fact("Bucket", name);
  builder.add_fact("Bucket access", text_field(bucket, "publicAccess", "effectivePermission"));
  const auto key = text_field(affected, "s3Object", "key");
  if (!name.empty() && !key.empty())
    builder.add_entity(EntityKind::kResource, fmt::format("arn:aws:s3:::{}/{}", name, key), key, FindingRole::kTarget);
  builder.add_fact("Object", key);
}

void map_classification(const JsonNode* details, FindingBuilder& builder) {
  builder.add_fact("Classification job", text_field(details, "jobArn"));
  for (const JsonNode& data : items(field(details, "result", "sensitiveData"))) {
    builder.add_fact("Sensitive data",
                     fmt::format("{} {}", text_field(&data, "category"), text_field(&data, "totalCount")));
    for (const JsonNode& detection : items(field(&data, "detections")))
      builder.add_fact("Detected",
                       fmt::format("{} {}", text_field(&detection, "type"), text_field(&detection, "count")));
  }
}

}  // namespace

bool looks_like_macie(const JsonNode& record) {
  return record.is_object() && field(&record, "resourcesAffected") != nullptr && field(&record, "id") != nullptr &&
         field(&record, "accountId") != nullptr && field(&record, "category") != nullptr;
}

Result<Finding> map_macie(const JsonNode& record, std::string_view raw, const MapContext& context) {
  Finding finding;
  FindingBuilder builder(finding);
  if (auto ok = set_identity(record, finding); !ok) return ok.error();
  SentTimes sent;
  if (auto ok = read_native_time(field(&record, "createdAt"), "createdAt", sent.created_us); !ok) return ok.error();
  if (auto ok = read_native_time(field(&record, "updatedAt"), "updatedAt", sent.updated_us); !ok) return ok.error();
  set_times(sent, context.received_us, finding);
  finding.shape = schema::FindingShape::kService;
  finding.product = "Macie";
  finding.type = without_nul(text_field(&record, "type"));
  finding.type_parts = schema::parse_finding_type(finding.type);
  finding.title = without_nul(text_field(&record, "title"));
  if (finding.title.empty()) finding.title = finding.type;
  finding.description = without_nul(text_field(&record, "description"));
  const SeverityReading reading = guardduty_severity(field(&record, "severity", "description"));
  finding.severity = reading.value;
  finding.severity_label = reading.label;
  finding.count = std::max<std::int64_t>(1, integer_of(field(&record, "count")).value_or(1));
  finding.archived = truth_of(field(&record, "archived"));
  finding.record_state = finding.archived ? "archived" : "active";
  finding.resource_type = field(&record, "resourcesAffected", "s3Object") != nullptr ? "AwsS3Object" : "AwsS3Bucket";
  map_policy(field(&record, "policyDetails"), finding, builder);
  map_affected(field(&record, "resourcesAffected"), builder);
  map_classification(field(&record, "classificationDetails"), builder);
  builder.add_fact("Category", text_field(&record, "category"));
  finding.sample = truth_of(field(&record, "sample")) || is_sample_title(finding.title);
  builder.finish();
  keep_raw(record, raw, context, finding);
  return finding;
}

}  // namespace backtrail::ingest
