#include "ingest/map/asff_details.hpp"

#include <fmt/format.h>
#include <string>

#include "ingest/map/guardduty_action.hpp"
#include "ingest/map/json_field.hpp"

namespace backtrail::ingest {
namespace {

using schema::JsonNode;

// Of an Inspector finding, the first are shown; all are in the raw record.
constexpr std::size_t kVulnerabilitiesShown = 10;

void map_compliance(const JsonNode* compliance, FindingBuilder& builder) {
  builder.add_fact("Compliance", text_field(compliance, "status"));
  builder.add_fact("Control", text_field(compliance, "securityControlId"));
  for (const JsonNode& requirement : items(field(compliance, "relatedRequirements")))
    builder.add_fact("Requirement", scalar_text(&requirement));
  for (const JsonNode& reason : items(field(compliance, "statusReasons")))
    builder.add_fact("Compliance reason", text_field(&reason, "description"));
}

void map_vulnerabilities(const JsonNode* vulnerabilities, FindingBuilder& builder) {
  std::size_t shown = 0;
  for (const JsonNode& vulnerability : items(vulnerabilities)) {
    if (++shown > kVulnerabilitiesShown) break;
    builder.add_fact("Vulnerability", text_field(&vulnerability, "id"));
    builder.add_fact("Exploit available", text_field(&vulnerability, "exploitAvailable"));
    builder.add_fact("Fix available", text_field(&vulnerability, "fixAvailable"));
    for (const JsonNode& package : items(field(&vulnerability, "vulnerablePackages")))
      builder.add_fact("Package", fmt::format("{} {}", text_field(&package, "name"), text_field(&package, "version")));
  }
}

// The block that providers used before there was Action.
void map_network(const JsonNode* network, FindingBuilder& builder) {
  if (network == nullptr) return;
  const auto direction = text_field(network, "direction");
  // Only the outside end of the connection is a remote address; without a direction neither end is known to be it.
  const bool inbound = direction == "IN";
  for (const auto& [address, port, is_remote] :
       {std::tuple{"sourceIpV4", "sourcePort", inbound}, std::tuple{"sourceIpV6", "sourcePort", inbound},
        std::tuple{"destinationIpV4", "destinationPort", direction == "OUT"},
        std::tuple{"destinationIpV6", "destinationPort", direction == "OUT"}}) {
    const auto text = text_field(network, address);
    const bool is_source = std::string_view(address).starts_with("source");
    builder.add_fact(is_source ? "Source IP" : "Destination IP", text);
    builder.add_fact(is_source ? "Source port" : "Destination port", text_field(network, port));
    if (is_remote && !text.empty())
      add_remote_address(text, {{"port", text_field(network, port)}, {"direction", direction}}, builder);
  }
  builder.add_fact("Direction", direction);
  builder.add_fact("Protocol", text_field(network, "protocol"));
  builder.add_fact("Source domain", text_field(network, "sourceDomain"));
  builder.add_fact("Destination domain", text_field(network, "destinationDomain"));
}

void map_threats(const JsonNode& record, FindingBuilder& builder) {
  for (const JsonNode& malware : items(record.find("Malware"))) {
    builder.add_fact("Malware", text_field(&malware, "name"));
    builder.add_fact("File", text_field(&malware, "path"));
  }
  for (const JsonNode& indicator : items(record.find("ThreatIntelIndicators"))) {
    builder.add_fact("Indicator", text_field(&indicator, "value"));
    builder.add_fact("Threat list", text_field(&indicator, "source"));
  }
  for (const JsonNode& threat : items(record.find("Threats"))) {
    builder.add_fact("Threat name", text_field(&threat, "name"));
    for (const JsonNode& file : items(field(&threat, "filePaths"))) {
      builder.add_fact("File", text_field(&file, "filePath"));
      builder.add_fact("File hash", text_field(&file, "hash"));
    }
  }
  const JsonNode* process = record.find("Process");
  builder.add_fact("Process",
                   text_field(process, "path").empty() ? text_field(process, "name") : text_field(process, "path"));
}

}  // namespace

void map_asff_details(const JsonNode& record, FindingBuilder& builder) {
  map_compliance(record.find("Compliance"), builder);
  map_vulnerabilities(record.find("Vulnerabilities"), builder);
  map_network(record.find("Network"), builder);
  map_threats(record, builder);
  for (const JsonNode& related : items(record.find("RelatedFindings")))
    builder.add_fact("Related finding", text_field(&related, "id"));
  builder.add_fact("Recommendation", text_field(record.find("Remediation"), "recommendation", "text"));
  builder.add_fact("Note", text_field(record.find("Note"), "text"));
  builder.add_fact("Confidence", scalar_text(record.find("Confidence")));
  builder.add_fact("Criticality", scalar_text(record.find("Criticality")));
  builder.add_fact("Console", scalar_text(record.find("SourceUrl")));
}

}  // namespace backtrail::ingest
