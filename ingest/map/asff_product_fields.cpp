#include "ingest/map/asff_product_fields.hpp"

#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

namespace backtrail::ingest {
namespace {

using schema::JsonNode;

constexpr std::string_view kServicePrefix = "aws/guardduty/service/";
// Paths of real findings have six parts; the bound keeps a hostile key from nesting without end.
constexpr std::size_t kPathPartsMax = 16;
constexpr std::size_t kListItemsMax = 1000;

// A JSON value being put together: a scalar's text, an object's members or a list's items by number.
struct Branch {
  std::optional<std::string_view> text;
  std::map<std::string, std::unique_ptr<Branch>, std::less<>> members;
  std::map<std::size_t, std::unique_ptr<Branch>> list;

  Branch& member(std::string_view name) {
    auto& child = members[std::string(name)];
    if (!child) child = std::make_unique<Branch>();
    return *child;
  }
  Branch& item(std::size_t number) {
    auto& child = list[number];
    if (!child) child = std::make_unique<Branch>();
    return *child;
  }
};

struct PathPart {
  std::string_view name;
  std::optional<std::size_t> number;
};

std::optional<std::size_t> list_number(std::string_view digits) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number >= kListItemsMax) return std::nullopt;
  return number;
}

// "portProbeDetails.0_" and "portProbeDetails:0" are item 0 of portProbeDetails; "AWS::S3::Bucket" is only a name.
PathPart path_part(std::string_view text) {
  const auto mark = text.find_last_of(".:");
  if (mark == std::string_view::npos || mark == 0) return {text, {}};
  std::string_view digits = text.substr(mark + 1);
  if (text[mark] == '.') {
    if (!digits.ends_with('_')) return {text, {}};
    digits.remove_suffix(1);
  }
  const auto number = list_number(digits);
  return number ? PathPart{text.substr(0, mark), number} : PathPart{text, {}};
}

void insert(Branch& root, std::string_view path, std::string_view value) {
  Branch* at = &root;
  for (std::size_t parts = 0; parts < kPathPartsMax; ++parts) {
    const auto slash = path.find('/');
    const PathPart part = path_part(path.substr(0, slash));
    at = &at->member(part.name);
    if (part.number) at = &at->item(*part.number);
    if (slash == std::string_view::npos) {
      at->text = value;
      return;
    }
    path.remove_prefix(slash + 1);
  }
}

// A key that is both a value and a parent ("unusual" and "unusual/isps") keeps its children.
void append_json(const Branch& branch, std::string& out) {
  char separator = 0;
  const auto separate = [&] {
    if (separator != 0) out += separator;
    separator = ',';
  };
  if (!branch.members.empty()) {
    out += '{';
    for (const auto& [name, child] : branch.members) {
      separate();
      schema::append_json_string(name, out);
      out += ':';
      append_json(*child, out);
    }
    out += '}';
  } else if (!branch.list.empty()) {
    out += '[';
    for (const auto& [number, child] : branch.list) {
      separate();
      append_json(*child, out);
    }
    out += ']';
  } else {
    schema::append_json_string(branch.text.value_or(std::string_view{}), out);
  }
}

// The part of the key behind GuardDuty's prefix, or the key of a finding from before there was one.
std::string_view service_path(std::string_view key) {
  if (key.starts_with(kServicePrefix)) return key.substr(kServicePrefix.size());
  for (const std::string_view known : {"action/", "additionalInfo", "evidence/"})
    if (key.starts_with(known)) return key;
  for (const std::string_view known : {"archived", "count", "detectorId", "resourceRole"})
    if (key == known) return key;
  return {};
}

}  // namespace

GuardDutyServiceFields::GuardDutyServiceFields(const JsonNode* product_fields) {
  if (product_fields == nullptr) return;
  Branch root;
  for (const JsonNode& member : product_fields->children()) {
    const auto path = service_path(member.key());
    if (!path.empty() && !member.text().empty()) insert(root, path, member.text());
  }
  if (root.members.empty()) return;
  append_json(root, json_);
  const std::size_t size = json_.size();
  json_.append(schema::kJsonPaddingBytes, '\0');
  const auto parsed = parser_.parse(std::string_view(json_).substr(0, size));
  if (parsed) service_ = *parsed;
}

}  // namespace backtrail::ingest
