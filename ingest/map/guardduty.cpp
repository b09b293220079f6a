#include "ingest/map/guardduty.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>

#include "ingest/map/arn.hpp"
#include "ingest/map/finding_builder.hpp"
#include "ingest/map/finding_record.hpp"
#include "ingest/map/finding_severity.hpp"
#include "ingest/map/finding_times.hpp"
#include "ingest/map/guardduty_action.hpp"
#include "ingest/map/guardduty_entities.hpp"
#include "ingest/map/guardduty_service.hpp"
#include "ingest/map/json_field.hpp"

namespace backtrail::ingest {
namespace {

using schema::Finding;
using schema::FindingShape;
using schema::JsonNode;
using schema::Result;

// One spelling of each top-level field counts, and two of the account could show different readers different ones.
Result<void> check_casing(const JsonNode& record) {
  if (record.find("accountId") != nullptr && record.find("AccountId") != nullptr)
    return bad_record("schema", "accountId is given in two spellings");
  return {};
}

FindingShape shape_of(const JsonNode& record) {
  const auto has = [&](std::string_view name) { return record.find(name) != nullptr; };
  const bool lower = has("accountId") || has("type") || has("service");
  return lower ? FindingShape::kGuardDuty : FindingShape::kGuardDutyApi;
}

Result<void> set_identity(const JsonNode& record, Finding& finding) {
  auto account = identity_text(field(&record, "accountId"), "accountId");
  if (!account) return account.error();
  if (!schema::is_account_id(*account)) return bad_record("account", "accountId is not 12 digits");

  const auto id = identity_text(field(&record, "id"), "id");
  if (!id) return id.error();
  const auto arn_text = identity_text(field(&record, "arn"), "arn");
  if (!arn_text) return arn_text.error();
  const auto arn = parse_guardduty_finding_arn(*arn_text);
  const std::string_view finding_id = !id->empty() ? *id : arn ? arn->finding_id : std::string_view{};
  if (finding_id.empty()) return bad_record("missing_id", "neither id nor arn names the finding");

  const auto region = identity_text(field(&record, "region"), "region");
  if (!region) return region.error();
  finding.region = !region->empty() ? *region : arn ? arn->region : std::string_view{};
  // Without a Region the same finding would get one row by this route and another by the next.
  if (finding.region.empty()) return bad_record("schema", "neither region nor arn names the Region");

  finding.identity = {std::string(*account), "guardduty/" + finding.region, std::string(finding_id)};
  finding.detector_id = without_nul(text_field(&record, "service", "detectorId"));
  if (finding.detector_id.empty() && arn) finding.detector_id = arn->detector_id;
  return {};
}

Result<void> read_times(const JsonNode& record, std::int64_t received_us, Finding& finding) {
  const JsonNode* service = field(&record, "service");
  SentTimes sent;
  if (auto ok = read_time(field(&record, "createdAt"), "createdAt", sent.created_us); !ok) return ok;
  if (auto ok = read_time(field(&record, "updatedAt"), "updatedAt", sent.updated_us); !ok) return ok;
  if (auto ok = read_time(field(service, "eventFirstSeen"), "eventFirstSeen", sent.first_seen_us); !ok) return ok;
  if (auto ok = read_time(field(service, "eventLastSeen"), "eventLastSeen", sent.last_seen_us); !ok) return ok;
  set_times(sent, received_us, finding);
  return {};
}

void map_header(const JsonNode& record, Finding& finding, FindingBuilder& builder) {
  const JsonNode* service = field(&record, "service");
  finding.shape = shape_of(record);
  finding.product = "GuardDuty";
  finding.type_parts = schema::parse_finding_type(finding.type);
  finding.title = without_nul(text_field(&record, "title"));
  // Without a title the type is what people know the finding by.
  if (finding.title.empty()) finding.title = finding.type;
  finding.description = without_nul(text_field(&record, "description"));
  const JsonNode* severity = field(&record, "severity");
  const SeverityReading reading = guardduty_severity(severity);
  finding.severity = reading.value;
  finding.severity_label = reading.label;
  if (!reading.value) builder.add_fact("Severity as sent", scalar_text(severity));
  finding.count = std::max<std::int64_t>(1, integer_of(field(service, "count")).value_or(1));
  finding.archived = truth_of(field(service, "archived"));
  finding.record_state = finding.archived ? "archived" : "active";
  finding.resource_type = without_nul(text_field(&record, "resource", "resourceType"));
}

void map_body(const JsonNode& record, Finding& finding, FindingBuilder& builder) {
  const JsonNode* service = field(&record, "service");
  const JsonNode* resource = field(&record, "resource");
  const JsonNode* action = field(service, "action");
  const auto partition = text_field(&record, "partition");
  const ResourceContext context{finding.resource_type, text_field(service, "resourceRole"), partition,
                                field(action, "awsApiCallAction") != nullptr};
  map_guardduty_resource(resource, context, finding, builder);
  map_attack_sequence(field(service, "detection", "sequence"), partition, finding, builder);
  map_action(action, finding, builder);
  map_guardduty_service(service, builder);
  const auto sequence = text_field(&record, "associatedAttackSequenceArn");
  builder.add_fact("Attack sequence", sequence);
  builder.add_resource(sequence, {}, schema::FindingRole::kRelated);
  builder.add_fact("Confidence", text_field(&record, "confidence"));
  builder.add_fact("Detector", finding.detector_id);
  map_additional_info(service, builder);
  finding.sample = has_sample_flag(service) || is_sample_title(finding.title) || has_placeholder_ids(resource, action);
}

}  // namespace

bool looks_like_guardduty(const JsonNode& record) {
  if (!record.is_object()) return false;
  if (parse_guardduty_finding_arn(text_field(&record, "arn"))) return true;
  const JsonNode* service = field(&record, "service");
  if (service == nullptr || !service->is_object()) return false;
  const auto service_name = text_field(service, "serviceName");
  if (!service_name.empty()) return service_name == "guardduty";
  return field(&record, "accountId") != nullptr && field(&record, "type") != nullptr &&
         field(&record, "severity") != nullptr;
}

Result<Finding> map_guardduty(const JsonNode& record, std::string_view raw, const MapContext& context) {
  if (!record.is_object()) return bad_record("schema", "not an object");
  Finding finding;
  FindingBuilder builder(finding);
  if (auto ok = check_casing(record); !ok) return ok.error();
  if (auto ok = set_identity(record, finding); !ok) return ok.error();
  const auto type = identity_text(field(&record, "type"), "type");
  if (!type) return type.error();
  if (type->empty()) return bad_record("schema", "no type");
  finding.type = *type;
  if (auto ok = read_times(record, context.received_us, finding); !ok) return ok.error();
  map_header(record, finding, builder);
  map_body(record, finding, builder);
  builder.finish();
  keep_raw(record, raw, context, finding);
  return finding;
}

}  // namespace backtrail::ingest
