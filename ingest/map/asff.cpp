#include "ingest/map/asff.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "ingest/map/arn.hpp"
#include "ingest/map/asff_details.hpp"
#include "ingest/map/asff_product_fields.hpp"
#include "ingest/map/asff_resources.hpp"
#include "ingest/map/finding_builder.hpp"
#include "ingest/map/finding_record.hpp"
#include "ingest/map/finding_severity.hpp"
#include "ingest/map/finding_times.hpp"
#include "ingest/map/guardduty_action.hpp"
#include "ingest/map/guardduty_service.hpp"
#include "ingest/map/json_field.hpp"

namespace backtrail::ingest {
namespace {

using schema::Finding;
using schema::FindingShape;
using schema::JsonNode;
using schema::Result;

std::string lower_case(std::string_view text) {
  std::string lower = without_nul(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool is_guardduty_product(std::string_view product_arn) {
  return product_arn.ends_with(":product/aws/guardduty");
}

// Trivy's template writes the account as a JSON number; its text counts, so that one with a leading zero, which no
// number has, is never made up.
Result<std::string_view> account_of(const JsonNode& record) {
  const JsonNode* account = record.find("AwsAccountId");
  if (account == nullptr || account->is_null()) return bad_record("account", "no AwsAccountId");
  if (!account->is_string() && account->type() != schema::JsonType::kNumber)
    return bad_record("schema", "AwsAccountId is not a string");
  if (!schema::is_account_id(account->text())) return bad_record("account", "AwsAccountId is not 12 digits");
  return account->text();
}

// The Region of the finding itself. An aggregation Region also receives its linked Regions' findings, so the finding's
// own field comes before what its ARNs say.
std::string_view region_of(const JsonNode& record, std::string_view product_arn) {
  if (const auto region = record.string_at("Region"); !region.empty()) return region;
  if (const auto arn = parse_arn(product_arn); arn && !arn->region.empty()) return arn->region;
  for (const JsonNode& resource : items(record.find("Resources")))
    if (const auto region = resource.string_at("Region"); !region.empty()) return region;
  return {};
}

Result<void> set_identity(const JsonNode& record, Finding& finding) {
  const auto account = account_of(record);
  if (!account) return account.error();
  const auto id = identity_text(record.find("Id"), "Id");
  if (!id) return id.error();
  if (id->empty()) return bad_record("missing_id", "no Id");
  const auto product_arn = identity_text(record.find("ProductArn"), "ProductArn");
  if (!product_arn) return product_arn.error();
  if (product_arn->empty()) return bad_record("schema", "no ProductArn");

  finding.product_arn = *product_arn;
  const auto arn = parse_guardduty_finding_arn(*id);
  if (arn && is_guardduty_product(*product_arn)) {
    finding.region = arn->region;
    finding.detector_id = arn->detector_id;
    finding.identity = {std::string(*account), "guardduty/" + finding.region, std::string(arn->finding_id)};
  } else {
    finding.region = without_nul(region_of(record, *product_arn));
    finding.identity = {std::string(*account), std::string(*product_arn), std::string(bare_macie_id(*id))};
  }
  return {};
}

// GuardDuty's own times stand in where Security Hub's are missing.
Result<void> read_times(const JsonNode& record, const JsonNode* service, std::int64_t received_us, Finding& finding) {
  SentTimes sent;
  if (auto ok = read_time(field(service, "eventFirstSeen"), "eventFirstSeen", sent.first_seen_us); !ok) return ok;
  if (auto ok = read_time(field(service, "eventLastSeen"), "eventLastSeen", sent.last_seen_us); !ok) return ok;
  if (auto ok = read_time(record.find("FirstObservedAt"), "FirstObservedAt", sent.first_seen_us); !ok) return ok;
  if (auto ok = read_time(record.find("LastObservedAt"), "LastObservedAt", sent.last_seen_us); !ok) return ok;
  if (auto ok = read_time(record.find("CreatedAt"), "CreatedAt", sent.created_us); !ok) return ok;
  if (auto ok = read_time(record.find("UpdatedAt"), "UpdatedAt", sent.updated_us); !ok) return ok;
  set_times(sent, received_us, finding);
  return {};
}

// "product/aws/inspector" is Inspector; "product/acme/scanner" is acme/scanner; "product/ACCOUNT/default" says nothing.
std::string product_of_arn(std::string_view product_arn) {
  constexpr std::array kKnown{std::pair{"guardduty", "GuardDuty"},
                              std::pair{"securityhub", "Security Hub"},
                              std::pair{"inspector", "Inspector"},
                              std::pair{"macie", "Macie"},
                              std::pair{"config", "Config"},
                              std::pair{"access-analyzer", "IAM Access Analyzer"},
                              std::pair{"firewall-manager", "Firewall Manager"},
                              std::pair{"detective", "Detective"}};
  const auto at = product_arn.find("product/");
  if (at == std::string_view::npos) return std::string(last_part(product_arn));
  const std::string_view path = product_arn.substr(at + std::string_view("product/").size());
  const auto slash = path.find('/');
  const std::string_view company = path.substr(0, slash);
  const std::string_view name = slash == std::string_view::npos ? company : path.substr(slash + 1);
  if (company == "aws")
    for (const auto& [id, known_name] : kKnown)
      if (name == id) return known_name;
  if (company == name || company == "aws" || schema::is_account_id(company)) return std::string(name);
  return fmt::format("{}/{}", company, name);
}

std::string product_name(const JsonNode& record, bool is_guardduty, std::string_view product_arn) {
  if (is_guardduty) return "GuardDuty";
  if (const auto name = record.string_at("ProductName"); !name.empty()) return without_nul(name);
  const JsonNode* fields = record.find("ProductFields");
  for (const std::string_view field_name :
       {"aws/securityhub/ProductName", "Product Name", "ProductName", "ProviderName"}) {
    const auto name = fields == nullptr ? std::string_view{} : fields->string_at(field_name);
    if (!name.empty() && name != "Default") return without_nul(name);
  }
  return product_of_arn(product_arn);
}

// The provider's types first; a customer may have replaced the others.
std::string_view first_type(const JsonNode& record) {
  for (const JsonNode* types : {record.at("FindingProviderFields", "Types"), record.find("Types")})
    for (const JsonNode& type : items(types))
      if (const auto text = scalar_text(&type); !text.empty()) return text;
  return {};
}

std::string remediation_url(const JsonNode& record) {
  std::string_view url;
  if (const JsonNode* recommendation = record.at("Remediation", "Recommendation"))
    url = recommendation->string_at("Url");
  const JsonNode* fields = record.find("ProductFields");
  if (url.empty() && fields != nullptr) url = fields->string_at("RecommendationUrl");
  // A link that is no web address ("javascript:…") stays in the raw record.
  return url.starts_with("https://") || url.starts_with("http://") ? without_nul(url) : std::string{};
}

void map_type(const JsonNode& record, bool is_guardduty, Finding& finding) {
  const auto type = first_type(record);
  finding.type = without_nul(is_guardduty ? guardduty_type_of_asff(type) : std::string(type));
  finding.type_parts = schema::parse_finding_type(finding.type);
  const auto resources = items(record.find("Resources"));
  const auto asff_type = resources.empty() ? std::string_view{} : resources.front().string_at("Type");
  finding.resource_type =
      without_nul(is_guardduty ? guardduty_resource_type(finding.type_parts.resource, asff_type) : asff_type);
}

void map_state(const JsonNode& record, const JsonNode* service, Finding& finding) {
  finding.count = std::max<std::int64_t>(1, integer_of(field(service, "count")).value_or(1));
  finding.record_state = lower_case(record.string_at("RecordState"));
  finding.archived =
      finding.record_state.empty() ? truth_of(field(service, "archived")) : finding.record_state == "archived";
  if (finding.record_state.empty()) finding.record_state = finding.archived ? "archived" : "active";
  if (const JsonNode* workflow = record.find("Workflow"))
    finding.workflow_status = lower_case(workflow->string_at("Status"));
  if (const JsonNode* compliance = record.find("Compliance"))
    finding.compliance_status = lower_case(compliance->string_at("Status"));
}

void map_header(const JsonNode& record, const JsonNode* service, bool is_guardduty, Finding& finding) {
  finding.shape = FindingShape::kAsff;
  finding.product = product_name(record, is_guardduty, finding.product_arn);
  finding.generator_id = without_nul(record.string_at("GeneratorId"));
  if (finding.detector_id.empty()) finding.detector_id = without_nul(text_field(service, "detectorId"));
  map_type(record, is_guardduty, finding);
  finding.title = without_nul(record.string_at("Title"));
  if (finding.title.empty()) finding.title = finding.type;
  finding.description = without_nul(record.string_at("Description"));
  finding.remediation_url = remediation_url(record);
  const SeverityReading reading = asff_severity(record, is_guardduty);
  finding.severity = reading.value;
  finding.severity_label = reading.label;
  map_state(record, service, finding);
}

bool is_sample(const JsonNode& record, const JsonNode* service, const Finding& finding, bool is_guardduty) {
  if (truth_of(record.find("Sample")) || is_sample_title(finding.title)) return true;
  return is_guardduty && (has_sample_flag(service) || has_placeholder_resource(record) ||
                          has_placeholder_ids(nullptr, field(service, "action")));
}

void map_body(const JsonNode& record, const JsonNode* service, bool is_guardduty, Finding& finding,
              FindingBuilder& builder) {
  const JsonNode* action = record.find("Action");
  const JsonNode* service_action = field(service, "action");
  const bool is_api_call = field(service_action, "awsApiCallAction") != nullptr ||
                           text_field(action, "actionType") == "AWS_API_CALL" || finding.resource_type == "AccessKey";
  const AsffContext context{is_guardduty, text_field(service, "resourceRole"), is_api_call};
  map_asff_resources(record, context, finding, builder);
  map_action(action, finding, builder);
  map_action(service_action, finding, builder);
  map_guardduty_service(service, builder);
  map_asff_details(record, builder);
  builder.add_fact("Detector", finding.detector_id);
  for (const JsonNode& type : items(record.find("Types")))
    if (scalar_text(&type) != finding.type) builder.add_fact("Security Hub type", scalar_text(&type));
  map_additional_info(service, builder);
  finding.sample = is_sample(record, service, finding, is_guardduty);
}

// "AnomalousBehavior" stands before the family in GuardDuty's Kubernetes types and between slashes in Security Hub's.
std::string family_prefix(std::string_view category) {
  return category == "AnomalousBehavior" ? "AnomalousBehavior." : "";
}

}  // namespace

bool looks_like_asff(const JsonNode& record) {
  if (!record.is_object()) return false;
  const bool has_version = record.string_at("SchemaVersion") == "2018-10-08";
  const bool has_product = record.string_at("ProductArn").find(":product/") != std::string_view::npos;
  if (has_version && has_product) return true;
  // Wrong types and missing parts are for map_asff to refuse with a reason.
  return (has_version || has_product) && record.find("Id") != nullptr && record.find("AwsAccountId") != nullptr;
}

std::string guardduty_type_of_asff(std::string_view type) {
  const auto last_slash = type.rfind('/');
  if (last_slash == std::string_view::npos) return std::string(type);
  // Some copies already have the native type in the last two parts: "TTPs/PenTest:IAMUser/KaliLinux".
  const std::string_view last = type.substr(last_slash + 1), before = type.substr(0, last_slash);
  const std::string_view category = before.substr(before.rfind('/') + 1);
  if (category.find(':') != std::string_view::npos) return fmt::format("{}/{}", category, last);

  const auto colon = last.find(':');
  const auto mark = last.find_first_of("-.", colon == std::string_view::npos ? 0 : colon);
  if (mark == std::string_view::npos) return std::string(type);
  const std::string_view family = last.substr(mark + 1);
  if (colon != std::string_view::npos)
    return fmt::format("{}/{}{}", last.substr(0, mark), family_prefix(category), family);
  // Without a purpose of its own the category is the purpose, written with spaces.
  if (last[mark] != '-' || !type.starts_with("TTPs/")) return std::string(type);
  std::string purpose(category);
  std::erase(purpose, ' ');
  return fmt::format("{}:{}/{}", purpose, last.substr(0, mark), family);
}

std::string_view guardduty_resource_type(std::string_view type_resource, std::string_view copied_type) {
  constexpr std::array kByType{std::pair{"IAMUser", "AccessKey"}, std::pair{"EC2", "Instance"},
                               std::pair{"S3", "S3Bucket"},       std::pair{"Kubernetes", "EKSCluster"},
                               std::pair{"RDS", "RDSDBInstance"}, std::pair{"Lambda", "Lambda"},
                               std::pair{"ECS", "ECSCluster"},    std::pair{"Container", "Container"}};
  for (const auto& [resource, resource_type] : kByType)
    if (type_resource == resource) return resource_type;
  return copied_type;
}

Result<Finding> map_asff(const JsonNode& record, std::string_view raw, const MapContext& context) {
  if (!record.is_object()) return bad_record("schema", "not an object");
  Finding finding;
  FindingBuilder builder(finding);
  if (auto ok = set_identity(record, finding); !ok) return ok.error();
  const bool is_guardduty = is_guardduty_product(finding.product_arn);
  const GuardDutyServiceFields product_fields(is_guardduty ? record.find("ProductFields") : nullptr);
  const JsonNode* service = product_fields.service();
  if (auto ok = read_times(record, service, context.received_us, finding); !ok) return ok.error();
  map_header(record, service, is_guardduty, finding);
  map_body(record, service, is_guardduty, finding, builder);
  builder.finish();
  keep_raw(record, raw, context, finding);
  return finding;
}

}  // namespace backtrail::ingest
