#include "query/findings/finding_evidence.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace backtrail::query {
namespace {

using schema::JsonNode;

// A member by its lowerCamel name or the UpperCamel twin; nullptr through a missing parent.
const JsonNode* field(const JsonNode* node, std::string_view name) {
  if (node == nullptr) return nullptr;
  if (const auto* found = node->find(name)) return found;
  std::string upper(name);
  upper.front() = static_cast<char>(upper.front() - 'a' + 'A');
  return node->find(upper);
}

template <class... Names>
const JsonNode* field(const JsonNode* node, std::string_view name, std::string_view next, Names... rest) {
  return field(field(node, name), next, rest...);
}

std::string_view text(const JsonNode* node) {
  return node != nullptr && node->is_string() ? node->text() : std::string_view{};
}

std::optional<std::int64_t> number(const JsonNode* node) {
  if (node == nullptr) return std::nullopt;
  const auto digits = node->text();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

void add(std::string_view service, std::string_view api, std::optional<std::int64_t> count,
         std::vector<ApiEvidence>& apis) {
  if (api.empty()) return;
  const auto known = std::find_if(apis.begin(), apis.end(), [&](const ApiEvidence& one) {
    return one.api == api && (one.service == service || service.empty() || one.service.empty());
  });
  if (known == apis.end()) {
    if (apis.size() < kEvidenceApisMax) apis.push_back({std::string(service), std::string(api), count});
    return;
  }
  if (known->service.empty()) known->service = service;
  if (count && (!known->count || *known->count < *count)) known->count = count;
}

std::string_view trimmed(std::string_view part) {
  const auto first = part.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return part.substr(first, part.find_last_not_of(" \t") - first + 1);
}

// "s3.amazonaws.com:[GetObject:success , ListObjects:AccessDenied] , ec2.amazonaws.com:[…]"
void add_unusual(std::string_view listed, std::vector<ApiEvidence>& apis) {
  while (!listed.empty()) {
    const auto open = listed.find(":["), close = listed.find(']');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) return;
    auto service = listed.substr(0, open);
    service = trimmed(service.substr(std::min(service.find_first_not_of(" ,"), service.size())));
    std::string_view calls = listed.substr(open + 2, close - open - 2);
    while (!calls.empty()) {
      const auto comma = std::min(calls.find(','), calls.size());
      const auto call = trimmed(calls.substr(0, comma));
      add(service, call.substr(0, call.find(':')), std::nullopt, apis);
      calls.remove_prefix(std::min(comma + 1, calls.size()));
    }
    listed.remove_prefix(close + 1);
  }
}

void add_counted(const JsonNode* calls, std::vector<ApiEvidence>& apis) {
  if (calls == nullptr) return;
  for (const JsonNode& call : calls->children()) {
    const auto api = text(field(&call, "api"));
    add(text(field(&call, "serviceName")), api.empty() ? text(field(&call, "name")) : api,
        number(field(&call, "count")), apis);
  }
}

void add_additional(const JsonNode* info, std::vector<ApiEvidence>& apis) {
  if (info == nullptr) return;
  for (const std::string_view name : {"apiCalls", "recentApiCalls"}) add_counted(field(info, name), apis);
  add_unusual(text(field(info, "anomalies", "anomalousAPIs")), apis);
  // Newer findings put the same object into a string.
  const auto packed = text(field(info, "value"));
  if (!packed.starts_with('{')) return;
  std::string padded(packed);
  padded.resize(packed.size() + schema::kJsonPaddingBytes, ' ');
  schema::JsonParser parser;
  const auto inner = parser.parse(std::string_view(padded).substr(0, packed.size()));
  if (!inner) return;
  for (const std::string_view name : {"apiCalls", "recentApiCalls"}) add_counted(field(*inner, name), apis);
  add_unusual(text(field(*inner, "anomalies", "anomalousAPIs")), apis);
}

void collect_from_finding(const JsonNode& finding, std::vector<ApiEvidence>& apis) {
  // GuardDuty: service.action; ASFF: Action.
  for (const JsonNode* action : {field(&finding, "service", "action"), finding.find("Action")}) {
    const JsonNode* call = field(action, "awsApiCallAction");
    add(text(field(call, "serviceName")), text(field(call, "api")), std::nullopt, apis);
  }
  add_additional(field(&finding, "service", "additionalInfo"), apis);
}

}  // namespace

void collect_apis(const JsonNode& record, std::vector<ApiEvidence>& apis) {
  collect_from_finding(record, apis);
  const JsonNode* detail = record.find("detail");
  if (detail == nullptr) return;
  collect_from_finding(*detail, apis);
  if (const JsonNode* findings = detail->find("findings"))
    for (const JsonNode& finding : findings->children()) collect_from_finding(finding, apis);
}

}  // namespace backtrail::query
