#include "ingest/map/guardduty_service.hpp"

#include <fmt/format.h>
#include <string>

#include "ingest/map/json_field.hpp"

namespace backtrail::ingest {
namespace {

using schema::FindingRole;
using schema::JsonNode;

constexpr std::size_t kAdditionalFactsMax = 40;
constexpr unsigned kAdditionalDepthMax = 4;

// service.additionalInfo.value is JSON inside a string; read by the one parser, from a copy with the room it needs.
class EmbeddedJson {
 public:
  explicit EmbeddedJson(std::string_view text) : bytes_(text) {
    const std::size_t size = bytes_.size();
    if (!text.starts_with('{')) return;
    bytes_.append(schema::kJsonPaddingBytes, '\0');
    const auto parsed = parser_.parse(std::string_view(bytes_).substr(0, size));
    if (parsed) root_ = *parsed;
  }
  // nullptr when the text is not one JSON object.
  const JsonNode* root() const { return root_; }

 private:
  std::string bytes_;
  schema::JsonParser parser_;
  const JsonNode* root_ = nullptr;
};

void map_threats(const JsonNode* evidence, FindingBuilder& builder) {
  for (const JsonNode& threat : items(field(evidence, "threatIntelligenceDetails"))) {
    builder.add_fact("Threat list", text_field(&threat, "threatListName"));
    for (const JsonNode& name : items(field(&threat, "threatNames")))
      builder.add_fact("Threat name", scalar_text(&name));
    builder.add_fact("Threat file SHA-256", text_field(&threat, "threatFileSha256"));
  }
}

void map_volume_scan(const JsonNode* scan, FindingBuilder& builder) {
  if (scan == nullptr) return;
  builder.add_fact("Triggering finding", text_field(scan, "triggerFindingId"));
  builder.add_entity(schema::EntityKind::kResource, text_field(scan, "triggerFindingId"), {}, FindingRole::kRelated,
                     {{"trigger", "finding"}});
  builder.add_fact("Scan", text_field(scan, "scanId"));
  builder.add_fact("Scan type", text_field(scan, "scanType"));
  const JsonNode* detections = field(scan, "scanDetections");
  builder.add_fact("Infected files", text_field(detections, "threatsDetectedItemCount", "files"));
  for (const JsonNode& threat : items(field(detections, "threatDetectedByName", "threatNames"))) {
    builder.add_fact("Threat name", text_field(&threat, "name"));
    for (const JsonNode& file : items(field(&threat, "filePaths"))) {
      builder.add_fact("File", text_field(&file, "filePath"));
      builder.add_fact("File hash", text_field(&file, "hash"));
      builder.add_resource(text_field(&file, "volumeArn"), {}, FindingRole::kRelated);
    }
  }
}

void map_malware_scan(const JsonNode* scan, FindingBuilder& builder) {
  if (scan == nullptr) return;
  builder.add_fact("Scan", text_field(scan, "scanId"));
  builder.add_fact("Scan type", text_field(scan, "scanType"));
  for (const JsonNode& threat : items(field(scan, "threats"))) {
    builder.add_fact("Threat name", text_field(&threat, "name"));
    builder.add_fact("Threat source", text_field(&threat, "source"));
    builder.add_fact("File hash", text_field(&threat, "hash"));
    for (const JsonNode& item : items(field(&threat, "itemPaths"))) {
      builder.add_fact("File", text_field(&item, "nestedItemPath"));
      builder.add_fact("File hash", text_field(&item, "hash"));
    }
    for (const JsonNode& item : items(field(&threat, "itemDetails"))) {
      builder.add_fact("File", text_field(&item, "itemPath"));
      builder.add_fact("File hash", text_field(&item, "hash"));
      builder.add_resource(text_field(&item, "resourceArn"), {}, FindingRole::kRelated);
    }
  }
}

void map_process(const JsonNode* process, std::string_view label, FindingBuilder& builder) {
  if (process == nullptr) return;
  const auto path = text_field(process, "executablePath");
  builder.add_fact(label, path.empty() ? text_field(process, "name") : path);
  builder.add_fact(fmt::format("{} SHA-256", label), text_field(process, "executableSha256"));
  builder.add_fact(fmt::format("{} ID", label), text_field(process, "pid"));
  builder.add_fact(fmt::format("{} user", label), text_field(process, "user"));
  builder.add_fact(fmt::format("{} directory", label), text_field(process, "pwd"));
  std::string lineage;
  for (const JsonNode& parent : items(field(process, "lineage"))) {
    const auto parent_path = text_field(&parent, "executablePath");
    if (!lineage.empty()) lineage += " < ";
    lineage += parent_path.empty() ? text_field(&parent, "name") : parent_path;
  }
  builder.add_fact(fmt::format("{} lineage", label), lineage);
}

void map_runtime(const JsonNode* runtime, FindingBuilder& builder) {
  if (runtime == nullptr) return;
  map_process(field(runtime, "process"), "Process", builder);
  const JsonNode* context = field(runtime, "context");
  map_process(field(context, "modifyingProcess"), "Modifying process", builder);
  map_process(field(context, "targetProcess"), "Target process", builder);
  if (context == nullptr) return;
  for (const JsonNode& member : context->children())
    builder.add_fact(fmt::format("Runtime {}", member.key()), scalar_text(&member));
}

std::string joined(const JsonNode* list) {
  std::string text;
  for (const JsonNode& item : items(list)) {
    const auto part = scalar_text(&item);
    if (part.empty()) continue;
    if (!text.empty()) text += ", ";
    text += part;
  }
  return text;
}

// detection.anomaly.unusual.behavior: {"Account": {"asnOrg": {"observations": {"text": […]}}}}
void map_anomaly(const JsonNode* anomaly, FindingBuilder& builder) {
  const JsonNode* behavior = field(anomaly, "unusual", "behavior");
  if (behavior == nullptr) return;
  for (const JsonNode& scope : behavior->children()) {
    for (const JsonNode& feature : scope.children()) {
      std::string values = joined(field(&feature, "observations", "text"));
      if (values.empty()) values = joined(field(&feature, "observations", "number"));
      builder.add_fact(fmt::format("Unusual for {}: {}", scope.key(), feature.key()), values);
    }
  }
}

// Everything else that GuardDuty adds is shown under its own name: "unusual.isps".
class AdditionalFacts {
 public:
  explicit AdditionalFacts(FindingBuilder& builder) : builder_(builder) {}

  void add(const JsonNode* node, const std::string& name, unsigned depth = 0) {
    if (node == nullptr || depth > kAdditionalDepthMax) return;
    if (node->is_object()) {
      for (const JsonNode& member : node->children())
        add(&member, fmt::format("{}{}{}", name, name.empty() ? "" : ".", lower_camel(member.key())), depth + 1);
    } else if (node->is_array()) {
      for (const JsonNode& item : node->children()) add(&item, name, depth + 1);
    } else {
      add_scalar(name, scalar_text(node));
    }
  }

 private:
  // GetFindings says Value where events say value.
  static std::string lower_camel(std::string_view key) {
    std::string name(key);
    if (!name.empty() && name[0] >= 'A' && name[0] <= 'Z') name[0] = static_cast<char>(name[0] - 'A' + 'a');
    return name;
  }

  void add_scalar(const std::string& name, std::string_view value) {
    if (name == "sample" || name == "value" || name == "type" || value.empty()) return;
    if (name == "threatListName") return builder_.add_fact("Threat list", value);
    if (name == "threatName") return builder_.add_fact("Threat name", value);
    if (name == "domain") return builder_.add_fact("Domain", value);
    if (name == "userAgent.fullUserAgent") {
      builder_.add_fact("User agent", value);
      return builder_.add_entity(schema::EntityKind::kUserAgent, value, {}, FindingRole::kRelated);
    }
    if (++count_ > kAdditionalFactsMax) return;
    builder_.add_fact(fmt::format("Additional info {}", name), value);
  }

  FindingBuilder& builder_;
  std::size_t count_ = 0;
};

// What GuardDuty looked at. Findings from before featureName existed tell it by their kind of action.
std::string_view data_source(const JsonNode* service) {
  const auto feature = text_field(service, "featureName");
  if (!feature.empty()) return feature;
  if (field(service, "runtimeDetails") != nullptr) return "Runtime monitoring";
  if (field(service, "ebsVolumeScanDetails") != nullptr || field(service, "malwareScanDetails") != nullptr)
    return "Malware scan";
  const auto action = text_field(service, "action", "actionType");
  if (action == "AWS_API_CALL") return "CloudTrail";
  if (action == "NETWORK_CONNECTION" || action == "PORT_PROBE") return "VPC flow logs";
  if (action == "DNS_REQUEST") return "DNS logs";
  if (action == "KUBERNETES_API_CALL") return "EKS audit logs";
  if (action == "RDS_LOGIN_ATTEMPT") return "RDS login activity";
  return {};
}

bool is_generated(std::string_view text) {
  return text.starts_with("GeneratedFinding");
}

bool has_generated_place(const JsonNode* remote_ip) {
  return is_generated(text_field(remote_ip, "country", "countryName")) ||
         is_generated(text_field(remote_ip, "city", "cityName"));
}

}  // namespace

void map_guardduty_service(const JsonNode* service, FindingBuilder& builder) {
  map_threats(field(service, "evidence"), builder);
  map_volume_scan(field(service, "ebsVolumeScanDetails"), builder);
  map_malware_scan(field(service, "malwareScanDetails"), builder);
  map_runtime(field(service, "runtimeDetails"), builder);
  map_anomaly(field(service, "detection", "anomaly"), builder);
  builder.add_fact("Resource role", text_field(service, "resourceRole"));
  builder.add_fact("Data source", data_source(service));
  builder.add_fact("Feedback", text_field(service, "userFeedback"));
}

void map_additional_info(const JsonNode* service, FindingBuilder& builder) {
  const JsonNode* info = field(service, "additionalInfo");
  AdditionalFacts facts(builder);
  const EmbeddedJson value(text_field(info, "value"));
  facts.add(value.root(), {});
  const EmbeddedJson whole(scalar_text(info));  // Security Hub's first form: all of it is one JSON string
  facts.add(whole.root() != nullptr ? whole.root() : info, {});
}

bool has_sample_flag(const JsonNode* service) {
  const JsonNode* info = field(service, "additionalInfo");
  if (truth_of(field(info, "sample"))) return true;
  for (const auto embedded : {text_field(info, "value"), scalar_text(info)}) {
    if (embedded.find("sample") == std::string_view::npos) continue;
    const EmbeddedJson value(embedded);
    if (truth_of(field(value.root(), "sample"))) return true;
  }
  return false;
}

bool is_placeholder_id(std::string_view id) {
  return is_generated(id) || id == "i-99999999";
}

bool has_placeholder_ids(const JsonNode* resource, const JsonNode* action) {
  const JsonNode* key = field(resource, "accessKeyDetails");
  if (is_placeholder_id(text_field(key, "accessKeyId")) || is_placeholder_id(text_field(key, "principalId")))
    return true;
  const JsonNode* instance = field(resource, "instanceDetails");
  if (is_placeholder_id(text_field(instance, "instanceId")) ||
      is_placeholder_id(text_field(instance, "iamInstanceProfile", "id")))
    return true;
  const JsonNode* call = field(action, "awsApiCallAction");
  if (is_generated(text_field(call, "serviceName")) || is_generated(text_field(call, "api"))) return true;
  for (const JsonNode& probe : items(field(action, "portProbeAction", "portProbeDetails")))
    if (has_generated_place(field(&probe, "remoteIpDetails"))) return true;
  for (const std::string_view kind :
       {"awsApiCallAction", "networkConnectionAction", "kubernetesApiCallAction", "rdsLoginAttemptAction"})
    if (has_generated_place(field(action, kind, "remoteIpDetails"))) return true;
  return false;
}

}  // namespace backtrail::ingest
