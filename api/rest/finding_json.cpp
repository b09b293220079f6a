#include "api/rest/finding_json.hpp"

#include <fmt/format.h>

namespace backtrail::api {

std::string severity_label(int stored) {
  return std::string(name_of(static_cast<schema::Severity>(stored)));
}

Json finding_row_json(const query::FindingRow& row) {
  return {{"finding_id", query::finding_id(row.key())},
          {"account_id", row.account_id},
          {"account_name", or_null(row.account_name)},
          {"region", row.region},
          {"product", row.product},
          {"type", row.type},
          {"title", row.title},
          {"severity", or_null(row.severity)},
          {"severity_label", severity_label(row.severity_label)},
          {"effective_severity", or_null(row.effective_severity)},
          {"effective_severity_label", severity_label(row.effective_severity_label)},
          {"status", row.status},
          {"assignee", or_null(row.assignee)},
          {"record_state", row.record_state},
          {"sample", row.sample},
          {"archived", row.archived},
          {"count", row.count},
          {"first_seen_at", time_json(row.first_seen_at.us)},
          {"last_seen_at", time_json(row.last_seen_at.us)},
          {"created_at", time_json(row.created_at.us)},
          {"updated_at", time_json(row.updated_at.us)},
          {"resource_type", or_null(row.resource_type)},
          {"resource", entity_json(row.resource())},
          {"actor", entity_json(row.actor())},
          {"access_key_id", or_null(row.access_key_id)},
          {"user_name", or_null(row.user_name)},
          {"instance_id", or_null(row.instance_id)},
          {"remote_ip", or_null(row.remote_ip)},
          {"remote_country", or_null(row.remote_country)},
          {"remote_asn", or_null(row.remote_asn)},
          {"remote_org", or_null(row.remote_org)},
          {"action", or_null(row.action)},
          {"related", or_null(row.related)}};
}

Json finding_rows_json(const std::vector<query::FindingRow>& rows) {
  Json list = Json::array();
  for (const auto& row : rows) list.push_back(finding_row_json(row));
  return list;
}

namespace {

Json facts_json(const std::vector<query::FindingFact>& facts) {
  Json list = Json::array();
  for (const auto& fact : facts)
    list.push_back({{"label", fact.label}, {"value", fact.value}, {"entity", entity_json(fact.entity)}});
  return list;
}

Json attributes_of(const query::MentionedEntity& mentioned) {
  auto attributes = Json::parse(mentioned.attributes_json, nullptr, false);
  return attributes.is_object() ? attributes : Json::object();
}

Json entities_json(const std::vector<query::MentionedEntity>& entities) {
  Json list = Json::array();
  for (const auto& mentioned : entities) {
    Json item = entity_json(mentioned.entity);
    item["role"] = name_of(mentioned.role);
    item["first_seen_at"] = time_json(mentioned.first_seen_us);
    item["last_seen_at"] = time_json(mentioned.last_seen_us);
    item["attributes"] = attributes_of(mentioned);
    list.push_back(std::move(item));
  }
  return list;
}

// GuardDuty keeps only the newest remote address; the union over versions keeps them all.
Json evidence_json(const query::FindingDetail& detail) {
  Json addresses = Json::array(), apis = Json::array();
  for (const auto& mentioned : detail.entities) {
    if (mentioned.role != schema::FindingRole::kRemote || mentioned.entity.kind != schema::EntityKind::kIpAddress)
      continue;
    const Json attributes = attributes_of(mentioned);
    const auto attribute = [&](const char* name) {
      return attributes.contains(name) ? attributes[name] : Json(nullptr);
    };
    addresses.push_back({{"ip", mentioned.entity.key},
                         {"country", attribute("country")},
                         {"asn", attribute("asn")},
                         {"organization", attribute("organization")},
                         {"first_seen_at", time_json(mentioned.first_seen_us)},
                         {"last_seen_at", time_json(mentioned.last_seen_us)}});
  }
  for (const auto& call : detail.apis)
    apis.push_back({{"service", text_or_null(call.service)}, {"api", call.api}, {"count", or_null(call.count)}});
  return {{"remote_ips", std::move(addresses)}, {"apis", std::move(apis)}};
}

Json versions_json(const std::vector<query::FindingVersion>& versions) {
  Json list = Json::array();
  for (const auto& version : versions)
    list.push_back({{"version_id", query::hex_of(version.version_id)},
                    {"updated_at", time_json(version.updated_us)},
                    {"count", version.count},
                    {"severity", or_null(version.severity)},
                    {"shape", name_of(version.shape)},
                    {"received_at", time_json(version.received_us)},
                    {"bytes", version.bytes}});
  return list;
}

Json lanes_json(const std::vector<query::Lane>& lanes) {
  Json list = Json::array();
  for (const auto& lane : lanes)
    list.push_back({{"label", lane.label}, {"entity", entity_json(lane.entity)}, {"by", lane.by}, {"on", lane.on}});
  return list;
}

Json related_json(const std::vector<query::RelatedFinding>& related) {
  Json list = Json::array();
  for (const auto& finding : related) {
    Json row = finding_row_json(finding.row);
    row["shared"] = Json::array();
    for (const auto& entity : finding.shared) row["shared"].push_back(entity_json(entity));
    list.push_back(std::move(row));
  }
  return list;
}

}  // namespace

Json finding_detail_json(const query::FindingDetail& detail) {
  Json json = finding_row_json(detail.row);
  json["held"] = detail.held;
  json["description"] = detail.description;
  const auto& parts = detail.type_parts;
  json["type_parts"] = {{"purpose", text_or_null(parts.purpose)},
                        {"resource", text_or_null(parts.resource)},
                        {"family", text_or_null(parts.family)},
                        {"mechanism", text_or_null(parts.mechanism)},
                        {"artifact", text_or_null(parts.artifact)}};
  json["provider_id"] = detail.provider_id;
  json["product_arn"] = or_null(detail.product_arn);
  json["detector_id"] = or_null(detail.detector_id);
  json["generator_id"] = or_null(detail.generator_id);
  json["compliance_status"] = or_null(detail.compliance_status);
  json["workflow_status"] = or_null(detail.workflow_status);
  json["remediation_url"] = or_null(detail.remediation_url);
  json["facts"] = facts_json(detail.facts);
  json["entities"] = entities_json(detail.entities);
  json["evidence"] = evidence_json(detail);
  json["versions"] = versions_json(detail.versions);
  json["scope"] = {{"from", time_json(detail.activity.scope.from_us)},
                   {"to", time_json(detail.activity.scope.to_us)},
                   {"window_from", time_json(detail.activity.window.from_us)},
                   {"window_to", time_json(detail.activity.window.to_us)}};
  json["activity"] = lanes_json(detail.activity.lanes);
  json["related"] = related_json(detail.related);
  return json;
}

const std::vector<std::string>& finding_csv_header() {
  static const std::vector<std::string> header{
      "finding_id",    "account_id",    "account_name", "region",         "product",
      "type",          "title",         "severity",     "severity_label", "effective_severity_label",
      "status",        "assignee",      "record_state", "sample",         "count",
      "first_seen_at", "last_seen_at",  "updated_at",   "resource_type",  "resource",
      "actor",         "access_key_id", "user_name",    "remote_ip",      "remote_country",
      "remote_asn",    "remote_org",    "action"};
  return header;
}

std::vector<std::string> finding_csv_cells(const query::FindingRow& row) {
  const auto text = [](const std::optional<std::string>& value) { return value.value_or(""); };
  const auto key = [](const std::optional<schema::Entity>& entity) { return entity ? entity->key : std::string{}; };
  return {query::finding_id(row.key()),
          row.account_id,
          text(row.account_name),
          row.region,
          row.product,
          row.type,
          row.title,
          row.severity ? fmt::format("{}", *row.severity) : "",
          severity_label(row.severity_label),
          severity_label(row.effective_severity_label),
          row.status,
          text(row.assignee),
          row.record_state,
          row.sample ? "true" : "false",
          std::to_string(row.count),
          schema::format_rfc3339(row.first_seen_at.us),
          schema::format_rfc3339(row.last_seen_at.us),
          schema::format_rfc3339(row.updated_at.us),
          text(row.resource_type),
          key(row.resource()),
          key(row.actor()),
          text(row.access_key_id),
          text(row.user_name),
          text(row.remote_ip),
          text(row.remote_country),
          text(row.remote_asn),
          text(row.remote_org),
          text(row.action)};
}

}  // namespace backtrail::api
