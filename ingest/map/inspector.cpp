#include <fmt/format.h>

#include "ingest/map/arn.hpp"
#include "ingest/map/finding_builder.hpp"
#include "ingest/map/finding_record.hpp"
#include "ingest/map/finding_severity.hpp"
#include "ingest/map/finding_times.hpp"
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

bool is_inspector_arn(std::string_view text) {
  const auto arn = parse_arn(text);
  return arn && arn->service == "inspector2" && arn->resource.starts_with("finding/");
}

Result<void> set_identity(const JsonNode& record, Finding& finding) {
  const auto account = identity_text(field(&record, "awsAccountId"), "awsAccountId");
  if (!account) return account.error();
  if (!schema::is_account_id(*account)) return bad_record("account", "awsAccountId is not 12 digits");
  const auto id = identity_text(field(&record, "findingArn"), "findingArn");
  if (!id) return id.error();
  const auto arn = parse_arn(*id);
  if (!arn || arn->resource == "finding/") return bad_record("missing_id", "findingArn names no finding");
  finding.region = arn->region;
  finding.product_arn = fmt::format("arn:{}:securityhub:{}::product/aws/inspector", arn->partition, arn->region);
  finding.identity = {std::string(*account), finding.product_arn, std::string(*id)};
  return {};
}

Result<void> read_times(const JsonNode& record, std::int64_t received_us, Finding& finding) {
  SentTimes sent;
  if (auto ok = read_native_time(field(&record, "firstObservedAt"), "firstObservedAt", sent.first_seen_us); !ok)
    return ok;
  if (auto ok = read_native_time(field(&record, "lastObservedAt"), "lastObservedAt", sent.last_seen_us); !ok) return ok;
  if (auto ok = read_native_time(field(&record, "updatedAt"), "updatedAt", sent.updated_us); !ok) return ok;
  set_times(sent, received_us, finding);
  return {};
}

// As Security Hub writes them, so that one question finds both forms.
std::string type_of(std::string_view type) {
  if (type == "PACKAGE_VULNERABILITY") return "Software and Configuration Checks/Vulnerabilities/CVE";
  if (type == "NETWORK_REACHABILITY")
    return "Software and Configuration Checks/AWS Security Best Practices/Network Reachability";
  return without_nul(type);
}

void map_resource(const JsonNode& resource, FindingBuilder& builder) {
  const auto id = text_field(&resource, "id"), type = text_field(&resource, "type");
  const JsonNode* details = field(&resource, "details");
  builder.add_resource(id, text_field(&resource, "tags", "name"), FindingRole::kTarget, {{"type", type}});
  builder.add_fact(type == "AWS_EC2_INSTANCE" ? "Instance" : "Resource", id);
  if (const JsonNode* instance = field(details, "awsEc2Instance")) {
    for (const char* name : {"iamInstanceProfileArn", "imageId", "vpcId", "subnetId"})
      builder.add_resource(text_field(instance, name), {}, FindingRole::kRelated);
    builder.add_fact("Instance type", text_field(instance, "type"));
    builder.add_fact("Platform", text_field(instance, "platform"));
    for (const JsonNode& address : items(field(instance, "ipV4Addresses")))
      builder.add_fact("Instance IP", scalar_text(&address));
  }
  if (const JsonNode* image = field(details, "awsEcrContainerImage")) {
    builder.add_fact("Repository", text_field(image, "repositoryName"));
    builder.add_fact("Image hash", text_field(image, "imageHash"));
    for (const JsonNode& tag : items(field(image, "imageTags"))) builder.add_fact("Image tag", scalar_text(&tag));
  }
  if (const JsonNode* lambda = field(details, "awsLambdaFunction")) {
    const auto role = text_field(lambda, "executionRoleArn");
    builder.add_entity(EntityKind::kPrincipal, role, last_part(role), FindingRole::kRelated);
    builder.add_fact("Function", text_field(lambda, "functionName"));
    builder.add_fact("Execution role", role);
  }
}

void map_vulnerability(const JsonNode& record, FindingBuilder& builder) {
  const JsonNode* details = field(&record, "packageVulnerabilityDetails");
  builder.add_fact("Vulnerability", text_field(details, "vulnerabilityId"));
  for (const JsonNode& package : items(field(details, "vulnerablePackages")))
    builder.add_fact("Package", fmt::format("{} {}", text_field(&package, "name"), text_field(&package, "version")));
  builder.add_fact("Source", text_field(details, "sourceUrl"));
  builder.add_fact("Exploit available", text_field(&record, "exploitAvailable"));
  builder.add_fact("Fix available", text_field(&record, "fixAvailable"));
  builder.add_fact("Inspector score", text_field(&record, "inspectorScore"));
  const JsonNode* reach = field(&record, "networkReachabilityDetails");
  builder.add_fact("Protocol", text_field(reach, "protocol"));
  const auto begin = text_field(reach, "openPortRange", "begin"), end = text_field(reach, "openPortRange", "end");
  if (!begin.empty())
    builder.add_fact("Open ports", begin == end ? std::string(begin) : fmt::format("{}-{}", begin, end));
  for (const JsonNode& step : items(field(reach, "networkPath", "steps")))
    builder.add_resource(text_field(&step, "componentId"), {}, FindingRole::kRelated);
  builder.add_fact("Recommendation", text_field(&record, "remediation", "recommendation", "text"));
}

void map_header(const JsonNode& record, Finding& finding) {
  finding.shape = schema::FindingShape::kService;
  finding.product = "Inspector";
  finding.generator_id = "AWSInspector";
  finding.type = type_of(text_field(&record, "type"));
  finding.type_parts = schema::parse_finding_type(finding.type);
  finding.title = without_nul(text_field(&record, "title"));
  if (finding.title.empty()) finding.title = finding.type;
  finding.description = without_nul(text_field(&record, "description"));
  const auto url = text_field(&record, "remediation", "recommendation", "url");
  if (url.starts_with("https://") || url.starts_with("http://")) finding.remediation_url = without_nul(url);
  const SeverityReading reading = guardduty_severity(field(&record, "severity"));
  finding.severity = reading.value;
  finding.severity_label = reading.label;
  const auto status = text_field(&record, "status");
  finding.archived = status == "CLOSED" || status == "SUPPRESSED";
  finding.record_state = finding.archived ? "archived" : "active";
  if (status == "SUPPRESSED") finding.workflow_status = "suppressed";
  const auto resources = items(field(&record, "resources"));
  if (!resources.empty()) finding.resource_type = without_nul(text_field(&resources.front(), "type"));
}

}  // namespace

bool looks_like_inspector(const JsonNode& record) {
  return record.is_object() && is_inspector_arn(text_field(&record, "findingArn"));
}

Result<Finding> map_inspector(const JsonNode& record, std::string_view raw, const MapContext& context) {
  Finding finding;
  FindingBuilder builder(finding);
  if (auto ok = set_identity(record, finding); !ok) return ok.error();
  if (auto ok = read_times(record, context.received_us, finding); !ok) return ok.error();
  map_header(record, finding);
  for (const JsonNode& resource : items(field(&record, "resources"))) map_resource(resource, builder);
  map_vulnerability(record, builder);
  finding.sample = is_sample_title(finding.title);
  builder.finish();
  keep_raw(record, raw, context, finding);
  return finding;
}

}  // namespace backtrail::ingest
