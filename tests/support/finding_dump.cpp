#include "tests/support/finding_dump.hpp"

#include <nlohmann/json.hpp>

#include "schema/core/time.hpp"

namespace backtrail::testing {
namespace {

using Json = nlohmann::ordered_json;

Json type_dump(const schema::FindingTypeParts& parts) {
  return {{"purpose", parts.purpose},
          {"resource", parts.resource},
          {"family", parts.family},
          {"mechanism", parts.mechanism},
          {"artifact", parts.artifact}};
}

Json entity_dump(const schema::FindingEntity& mention) {
  Json json{{"role", schema::name_of(mention.role)},
            {"kind", schema::name_of(mention.entity.kind)},
            {"key", mention.entity.key},
            {"name", mention.entity.name}};
  if (!mention.attributes_json.empty()) json["attributes"] = Json::parse(mention.attributes_json);
  return json;
}

}  // namespace

std::string finding_dump(const schema::Finding& finding) {
  Json json;
  json["identity"] = {{"account_id", finding.identity.account_id},
                      {"product_key", finding.identity.product_key},
                      {"provider_id", finding.identity.provider_id}};
  json["uid"] = schema::to_string(schema::finding_uid(finding.identity));
  json["shape"] = schema::name_of(finding.shape);
  json["region"] = finding.region;
  json["product"] = finding.product;
  json["product_arn"] = finding.product_arn;
  json["detector_id"] = finding.detector_id;
  json["generator_id"] = finding.generator_id;
  json["type"] = finding.type;
  json["type_parts"] = type_dump(finding.type_parts);
  json["title"] = finding.title;
  json["description"] = finding.description;
  json["remediation_url"] = finding.remediation_url;
  json["severity"] = finding.severity ? Json(*finding.severity) : Json(nullptr);
  json["severity_label"] = schema::name_of(finding.severity_label);
  json["count"] = finding.count;
  json["first_seen"] = schema::format_rfc3339(finding.first_seen_us);
  json["last_seen"] = schema::format_rfc3339(finding.last_seen_us);
  json["created"] = schema::format_rfc3339(finding.created_us);
  json["updated"] = schema::format_rfc3339(finding.updated_us);
  json["archived"] = finding.archived;
  json["sample"] = finding.sample;
  json["clock_clamped"] = finding.clock_clamped;
  json["record_state"] = finding.record_state;
  json["workflow_status"] = finding.workflow_status;
  json["compliance_status"] = finding.compliance_status;
  json["resource_type"] = finding.resource_type;
  json["action"] = finding.action;
  json["user_name"] = finding.user_name;
  json["entities"] = Json::array();
  for (const auto& mention : finding.entities) json["entities"].push_back(entity_dump(mention));
  json["facts"] = Json::array();
  for (const auto& [label, value] : finding.facts) json["facts"].push_back({label, value});
  return json.dump(2) + '\n';
}

}  // namespace backtrail::testing
