#include "ingest/map/json_field.hpp"

#include <charconv>
#include <cmath>

namespace backtrail::ingest {
namespace {

using schema::JsonNode;
using schema::JsonType;

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool is_upper_twin(std::string_view key, std::string_view name) {
  return key.size() == name.size() && !name.empty() && key.front() == upper(name.front()) &&
         key.substr(1) == name.substr(1);
}

// The whole text as a number, or nothing: "8 " and "0x8" are no numbers.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view number_text(const JsonNode* node) {
  const bool has_number = node != nullptr && (node->type() == JsonType::kNumber || node->is_string());
  return has_number ? node->text() : std::string_view{};
}

}  // namespace

const JsonNode* field(const JsonNode* node, std::string_view name) {
  if (node == nullptr || !node->is_object()) return nullptr;
  const JsonNode* twin = nullptr;
  for (const JsonNode& member : node->children()) {
    if (member.is_null()) continue;
    if (member.key() == name) return &member;
    if (is_upper_twin(member.key(), name)) twin = &member;
  }
  return twin;
}

std::string_view scalar_text(const JsonNode* node) {
  if (node == nullptr) return {};
  switch (node->type()) {
    case JsonType::kString:
    case JsonType::kNumber:
      return node->text();
    case JsonType::kTrue:
      return "true";
    case JsonType::kFalse:
      return "false";
    default:
      return {};
  }
}

std::span<const JsonNode> items(const JsonNode* node) {
  if (node == nullptr || node->is_null()) return {};
  if (node->is_array()) return node->children();
  return {node, 1};
}

std::optional<double> number_of(const JsonNode* node) {
  const auto value = parse_number<double>(number_text(node));
  // from_chars reads "inf" and "nan", which JSON numbers cannot be but strings can.
  if (value && !std::isfinite(*value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> integer_of(const JsonNode* node) {
  if (const auto whole = parse_number<std::int64_t>(number_text(node))) return whole;
  // 5.0 and 1e3 are whole numbers too; beyond 2^53 a double no longer says which.
  constexpr double kExactMax = 9007199254740992.0;
  const auto value = number_of(node);
  if (!value || std::abs(*value) > kExactMax || std::trunc(*value) != *value) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

bool truth_of(const JsonNode* node) {
  if (node == nullptr) return false;
  if (node->type() == JsonType::kTrue) return true;
  const std::string_view text = node->is_string() ? node->text() : std::string_view{};
  return text == "true" || text == "True" || text == "TRUE";
}

}  // namespace backtrail::ingest
