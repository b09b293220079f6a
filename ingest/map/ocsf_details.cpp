#include "ingest/map/ocsf_details.hpp"

#include <fmt/format.h>
#include <string>

#include "ingest/map/json_field.hpp"

namespace backtrail::ingest {
namespace {

using schema::JsonNode;

// Of a finding with many, the first are shown; all are in the raw record.
constexpr std::size_t kVulnerabilitiesShown = 10;

void add_each(std::string_view label, const JsonNode* list, FindingBuilder& builder) {
  for (const JsonNode& item : items(list)) builder.add_fact(label, scalar_text(&item));
}

// "T1078 Valid Accounts"
std::string uid_and_name(const JsonNode* node) {
  const auto uid = text_field(node, "uid"), name = text_field(node, "name");
  if (uid.empty() || name.empty()) return std::string(uid.empty() ? name : uid);
  return fmt::format("{} {}", uid, name);
}

void map_attacks(const JsonNode* attacks, FindingBuilder& builder) {
  for (const JsonNode& attack : items(attacks)) {
    for (const char* name : {"tactic", "tactics"})
      for (const JsonNode& tactic : items(field(&attack, name))) builder.add_fact("Tactic", uid_and_name(&tactic));
    builder.add_fact("Technique", uid_and_name(field(&attack, "technique")));
    builder.add_fact("Technique", uid_and_name(field(&attack, "sub_technique")));
  }
}

void map_vulnerabilities(const JsonNode* vulnerabilities, FindingBuilder& builder) {
  std::size_t shown = 0;
  for (const JsonNode& vulnerability : items(vulnerabilities)) {
    if (++shown > kVulnerabilitiesShown) break;
    const auto cve = text_field(&vulnerability, "cve", "uid");
    builder.add_fact("Vulnerability", cve.empty() ? text_field(&vulnerability, "title") : cve);
    builder.add_fact("Exploit available", text_field(&vulnerability, "is_exploit_available"));
    builder.add_fact("Fix available", text_field(&vulnerability, "is_fix_available"));
    for (const char* name : {"affected_packages", "packages"})
      for (const JsonNode& package : items(field(&vulnerability, name)))
        builder.add_fact("Package",
                         fmt::format("{} {}", text_field(&package, "name"), text_field(&package, "version")));
  }
}

void map_compliance(const JsonNode* compliance, FindingBuilder& builder) {
  builder.add_fact("Compliance", text_field(compliance, "status"));
  builder.add_fact("Control", text_field(compliance, "control"));
  add_each("Requirement", field(compliance, "requirements"), builder);
  add_each("Standard", field(compliance, "standards"), builder);
  for (const JsonNode& assessment : items(field(compliance, "assessments")))
    builder.add_fact("Compliance reason", text_field(&assessment, "desc"));
}

void map_malware(const JsonNode* malware, FindingBuilder& builder) {
  for (const JsonNode& item : items(malware)) {
    builder.add_fact("Malware", text_field(&item, "name"));
    builder.add_fact("File", text_field(&item, "path"));
    for (const JsonNode& file : items(field(&item, "files"))) builder.add_fact("File", text_field(&file, "path"));
  }
}

}  // namespace

void map_ocsf_details(const JsonNode& record, const JsonNode* info, FindingBuilder& builder) {
  map_compliance(record.find("compliance"), builder);
  map_vulnerabilities(record.find("vulnerabilities"), builder);
  map_malware(record.find("malware"), builder);
  map_attacks(field(info, "attacks"), builder);
  map_attacks(record.find("attacks"), builder);
  const JsonNode* data = record.find("data_security");
  builder.add_fact("Data category", text_field(data, "category"));
  builder.add_fact("Data classification", text_field(data, "confidentiality"));
  builder.add_fact("Detection pattern", text_field(data, "detection_pattern"));
  for (const JsonNode& related : items(field(info, "related_events")))
    builder.add_fact("Related finding", text_field(&related, "uid"));
  builder.add_fact("Recommendation", text_field(field(&record, "remediation"), "desc"));
  builder.add_fact("Recommendation", text_field(info, "remediation", "desc"));
  builder.add_fact("Status detail", text_field(&record, "status_detail"));
  builder.add_fact("Risk", text_field(&record, "risk_details"));
  builder.add_fact("Impact", text_field(&record, "impact"));
  builder.add_fact("Note", text_field(&record, "comment"));
  const auto confidence = text_field(&record, "confidence_score");
  builder.add_fact("Confidence", confidence.empty() ? text_field(&record, "confidence") : confidence);
  builder.add_fact("Console", text_field(info, "src_url"));
}

}  // namespace backtrail::ingest
