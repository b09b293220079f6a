#include "ingest/map/ocsf.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "ingest/map/arn.hpp"
#include "ingest/map/asff.hpp"
#include "ingest/map/finding_builder.hpp"
#include "ingest/map/finding_record.hpp"
#include "ingest/map/finding_severity.hpp"
#include "ingest/map/finding_times.hpp"
#include "ingest/map/json_field.hpp"
#include "ingest/map/ocsf_details.hpp"
#include "ingest/map/ocsf_entities.hpp"
#include "ingest/map/ocsf_time.hpp"

namespace backtrail::ingest {
namespace {

using schema::Finding;
using schema::FindingShape;
using schema::JsonNode;
using schema::Result;

constexpr std::int64_t kFirstFindingClass = 2001, kLastFindingClass = 2007;

bool is_guardduty_product(std::string_view product_arn) {
  return product_arn.ends_with(":product/aws/guardduty");
}

std::string lower_case(std::string_view text) {
  std::string lower = without_nul(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

// finding_info since 1.0; `finding` before it and in class 2001; a list in incidents.
const JsonNode* info_of(const JsonNode& record) {
  if (const JsonNode* info = field(&record, "finding_info")) return info;
  if (const JsonNode* finding = field(&record, "finding")) return finding;
  const auto list = items(field(&record, "finding_info_list"));
  return list.empty() ? nullptr : &list.front();
}

// Another cloud's account can look like one of AWS: a project number of Google has twelve digits too.
Result<std::string_view> account_of(const JsonNode& record) {
  const JsonNode* cloud = field(&record, "cloud");
  const std::string provider = lower_case(text_field(cloud, "provider"));
  if (!provider.empty() && provider != "aws" && provider != "amazon")
    return bad_record("account", "the finding is about another cloud than AWS");
  const auto uid = text_field(cloud, "account", "uid"), old_uid = text_field(cloud, "account_uid");
  if (!uid.empty() && !old_uid.empty() && uid != old_uid)
    return bad_record("schema", "cloud.account.uid and cloud.account_uid differ");
  const auto account = uid.empty() ? old_uid : uid;
  if (account.empty()) return bad_record("account", "no cloud.account.uid");
  if (!schema::is_account_id(account)) return bad_record("account", "cloud.account.uid is not 12 digits");
  return account;
}

// What makes the finding's uid unique: the product's own uid, or what stands in its place.
Result<std::string> product_of(const JsonNode& record, const JsonNode* info) {
  const JsonNode* product = field(&record, "metadata", "product");
  const auto uid = identity_text(field(product, "uid"), "metadata.product.uid");
  if (!uid) return uid.error();
  if (!uid->empty()) return asff_product_arn(*uid);
  const auto product_uid = identity_text(field(info, "product_uid"), "product_uid");
  if (!product_uid) return product_uid.error();
  if (!product_uid->empty()) return asff_product_arn(*product_uid);
  const auto vendor = identity_text(field(product, "vendor_name"), "vendor_name");
  if (!vendor) return vendor.error();
  const auto name = identity_text(field(product, "name"), "metadata.product.name");
  if (!name) return name.error();
  if (name->empty() && vendor->empty()) return bad_record("schema", "no product");
  return fmt::format("{}/{}", *vendor, *name);
}

Result<void> set_identity(const JsonNode& record, const JsonNode* info, Finding& finding) {
  const auto account = account_of(record);
  if (!account) return account.error();
  auto uid = identity_text(field(info, "uid"), "finding_info.uid");
  if (!uid) return uid.error();
  if (uid->empty()) uid = identity_text(field(&record, "metadata", "uid"), "metadata.uid");
  if (!uid) return uid.error();
  if (uid->empty()) return bad_record("missing_id", "neither finding_info.uid nor metadata.uid");
  const auto product = product_of(record, info);
  if (!product) return product.error();

  finding.product_arn = *product;
  const auto arn = parse_guardduty_finding_arn(*uid);
  if (arn && is_guardduty_product(*product)) {
    finding.region = arn->region;
    finding.detector_id = arn->detector_id;
    finding.identity = {std::string(*account), "guardduty/" + finding.region, std::string(arn->finding_id)};
    return {};
  }
  const auto own = parse_arn(*uid), of_product = parse_arn(*product);
  for (const auto region : {text_field(&record, "cloud", "region"), own ? own->region : std::string_view{},
                            of_product ? of_product->region : std::string_view{}})
    if (finding.region.empty()) finding.region = without_nul(region);
  finding.identity = {std::string(*account), *product, std::string(bare_macie_id(*uid))};
  return {};
}

Result<void> read_times(const JsonNode& record, const JsonNode* info, std::int64_t received_us, Finding& finding) {
  SentTimes sent;
  std::optional<std::int64_t> event_us;
  if (auto ok = read_ocsf_time(&record, "time", event_us); !ok) return ok;
  if (auto ok = read_ocsf_time(info, "created_time", sent.created_us); !ok) return ok;
  if (auto ok = read_ocsf_time(info, "modified_time", sent.updated_us); !ok) return ok;
  if (auto ok = read_ocsf_time(info, "first_seen_time", sent.first_seen_us); !ok) return ok;
  if (auto ok = read_ocsf_time(info, "last_seen_time", sent.last_seen_us); !ok) return ok;
  if (!sent.updated_us) sent.updated_us = event_us;
  set_times(sent, received_us, finding);
  return {};
}

// Security Hub puts a word for the kind of finding beside the provider's own type ("Threats", "Posture Management").
std::string_view first_type(const JsonNode* info) {
  std::string_view first;
  for (const JsonNode& type : items(field(info, "types"))) {
    const auto text = scalar_text(&type);
    if (text.find_first_of(":/") != std::string_view::npos) return text;
    if (first.empty()) first = text;
  }
  return first;
}

void map_type(const JsonNode& record, const JsonNode* info, bool is_guardduty, Finding& finding) {
  auto type = first_type(info);
  if (type.empty()) type = text_field(&record, "metadata", "event_code");
  if (type.empty()) type = text_field(&record, "class_name");
  finding.type = without_nul(is_guardduty ? guardduty_type_of_asff(type) : std::string(type));
  finding.type_parts = schema::parse_finding_type(finding.type);
  auto resources = items(field(&record, "resources"));
  if (resources.empty()) resources = items(field(&record, "resource"));
  const auto resource_type = resources.empty() ? std::string_view{} : text_field(&resources.front(), "type");
  finding.resource_type =
      without_nul(is_guardduty ? guardduty_resource_type(finding.type_parts.resource, resource_type) : resource_type);
}

// As ASFF writes it.
std::string compliance_of(const JsonNode& record) {
  auto status = lower_case(text_field(&record, "compliance", "status"));
  if (status.empty()) status = lower_case(text_field(&record, "status_code"));
  if (status == "pass") return "passed";
  if (status == "fail") return "failed";
  const bool known = status == "passed" || status == "failed" || status == "warning" || status == "not_available";
  return known ? status : std::string{};
}

// The words of Security Hub; a number without a word is translated.
std::string workflow_of(const JsonNode& record) {
  constexpr std::array kByNumber{"", "new", "in_progress", "suppressed", "resolved"};
  const auto id = integer_of(field(&record, "status_id"));
  if (id && *id > 0 && *id < static_cast<std::int64_t>(kByNumber.size()))
    return kByNumber[static_cast<std::size_t>(*id)];
  std::string status = lower_case(text_field(&record, "status"));
  std::replace(status.begin(), status.end(), ' ', '_');
  return status == "success" || status == "failure" || status == "unknown" || status == "other" ? std::string{}
                                                                                                : status;
}

void map_state(const JsonNode& record, Finding& finding) {
  constexpr std::int64_t kClosed = 3, kArchived = 5, kDeleted = 6;
  const auto activity = integer_of(field(&record, "activity_id")), status = integer_of(field(&record, "status_id"));
  finding.count = std::max<std::int64_t>(1, integer_of(field(&record, "count")).value_or(1));
  finding.archived = activity == kClosed || status == kArchived || status == kDeleted;
  finding.record_state = finding.archived ? "archived" : "active";
  finding.workflow_status = workflow_of(record);
  finding.compliance_status = compliance_of(record);
}

std::string product_name(const JsonNode& record, bool is_guardduty) {
  if (is_guardduty) return "GuardDuty";
  const JsonNode* product = field(&record, "metadata", "product");
  const auto name = text_field(product, "name");
  return without_nul(name.empty() ? text_field(product, "vendor_name") : name);
}

// A link that is no web address stays in the raw record; products put commands among the references.
std::string remediation_url(const JsonNode& record, const JsonNode* info) {
  for (const JsonNode* remediation : {field(&record, "remediation"), field(info, "remediation")})
    for (const char* name : {"references", "kb_articles"})
      for (const JsonNode& reference : items(field(remediation, name)))
        if (const auto url = scalar_text(&reference); url.starts_with("https://") || url.starts_with("http://"))
          return without_nul(url);
  return {};
}

void map_header(const JsonNode& record, const JsonNode* info, bool is_guardduty, Finding& finding) {
  finding.shape = FindingShape::kOcsf;
  finding.product = product_name(record, is_guardduty);
  for (const auto id : {text_field(info, "analytic", "uid"), text_field(&record, "metadata", "event_code"),
                        text_field(&record, "metadata", "product", "feature", "uid")})
    if (finding.generator_id.empty()) finding.generator_id = without_nul(id);
  map_type(record, info, is_guardduty, finding);
  finding.title = without_nul(text_field(info, "title"));
  if (finding.title.empty()) finding.title = finding.type;
  finding.description = without_nul(text_field(info, "desc"));
  if (finding.description.empty()) finding.description = without_nul(text_field(&record, "message"));
  finding.remediation_url = remediation_url(record, info);
  const SeverityReading reading = ocsf_severity(record);
  finding.severity = reading.value;
  finding.severity_label = reading.label;
  map_state(record, finding);
}

}  // namespace

std::optional<std::int64_t> ocsf_class(const JsonNode& record) {
  if (!record.is_object() || field(&record, "metadata") == nullptr) return std::nullopt;
  return integer_of(field(&record, "class_uid"));
}

bool looks_like_ocsf_finding(const JsonNode& record) {
  const auto class_uid = ocsf_class(record);
  return class_uid && *class_uid >= kFirstFindingClass && *class_uid <= kLastFindingClass;
}

std::string asff_product_arn(std::string_view product_uid) {
  constexpr std::string_view kHere = ":productv2/aws/", kThere = ":product/aws/";
  std::string text(product_uid);
  const auto at = text.find(kHere);
  if (text.starts_with("arn:") && at != std::string::npos) text.replace(at, kHere.size(), kThere);
  return text;
}

Result<Finding> map_ocsf_finding(const JsonNode& record, std::string_view raw, const MapContext& context) {
  if (!record.is_object()) return bad_record("schema", "not an object");
  Finding finding;
  FindingBuilder builder(finding);
  const JsonNode* info = info_of(record);
  if (auto ok = set_identity(record, info, finding); !ok) return ok.error();
  const bool is_guardduty = is_guardduty_product(finding.product_arn);
  if (auto ok = read_times(record, info, context.received_us, finding); !ok) return ok.error();
  map_header(record, info, is_guardduty, finding);
  map_ocsf_entities(record, is_guardduty, finding, builder);
  map_ocsf_details(record, info, builder);
  builder.add_fact("Detector", finding.detector_id);
  for (const JsonNode& type : items(field(info, "types")))
    if (scalar_text(&type) != finding.type) builder.add_fact("Security Hub type", scalar_text(&type));
  finding.sample = is_sample_title(finding.title) || (is_guardduty && has_placeholder_ocsf_resource(record));
  builder.finish();
  keep_raw(record, raw, context, finding);
  return finding;
}

}  // namespace backtrail::ingest
