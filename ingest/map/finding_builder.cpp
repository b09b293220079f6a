#include "ingest/map/finding_builder.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "schema/core/json_tree.hpp"

namespace backtrail::ingest {
namespace {

using schema::EntityKind;
using schema::FindingRole;

// Whether `list` ("22, 3389") already has `value` as one of its parts.
bool holds(std::string_view list, std::string_view value) {
  constexpr std::string_view kSeparator = ", ";
  while (true) {
    const auto end = list.find(kSeparator);
    if (list.substr(0, end) == value) return true;
    if (end == std::string_view::npos) return false;
    list.remove_prefix(end + kSeparator.size());
  }
}

void unite(std::vector<std::pair<std::string, std::string>>& all, const Attributes& more) {
  for (const auto& [name, value] : more) {
    if (value.empty()) continue;
    const auto same = [&, wanted = name](const auto& attribute) { return attribute.first == wanted; };
    const auto found = std::find_if(all.begin(), all.end(), same);
    if (found == all.end()) {
      all.emplace_back(name, shortened(without_nul(value), kEntityAttributeMaxBytes));
    } else if (!holds(found->second, value)) {
      found->second = shortened(found->second + ", " + without_nul(value), kEntityAttributeMaxBytes);
    }
  }
}

std::string attributes_json(const std::vector<std::pair<std::string, std::string>>& attributes) {
  if (attributes.empty()) return {};
  std::string json = "{";
  for (const auto& [name, value] : attributes) {
    if (json.size() > 1) json += ',';
    schema::append_json_string(name, json);
    json += ':';
    schema::append_json_string(value, json);
  }
  return json += '}';
}

}  // namespace

std::string without_nul(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (const char c : text) {
    if (c == '\0')
      clean += "\xEF\xBF\xBD";  // U+FFFD
    else
      clean += c;
  }
  return clean;
}

std::string shortened(std::string_view text, std::size_t max) {
  constexpr std::string_view kEllipsis = "\xE2\x80\xA6";
  if (text.size() <= max) return std::string(text);
  std::size_t end = max - kEllipsis.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)).append(kEllipsis);
}

void FindingBuilder::add_fact(std::string_view label, std::string_view value) {
  if (value.empty()) return;
  std::pair<std::string, std::string> fact{shortened(label, kFindingLabelMaxBytes),
                                           shortened(without_nul(value), kFindingFactMaxBytes)};
  if (std::find(finding_.facts.begin(), finding_.facts.end(), fact) != finding_.facts.end()) return;
  if (finding_.facts.size() == kFindingFactsMax) {
    ++facts_left_out_;
    return;
  }
  finding_.facts.push_back(std::move(fact));
}

FindingBuilder::Mention& FindingBuilder::mention_of(EntityKind kind, std::string_view key, FindingRole role) {
  const std::string identity = std::string(1, static_cast<char>(kind)) + std::string(key);
  const auto [place, is_new] = by_identity_.try_emplace(identity, mentions_.size());
  if (is_new) mentions_.push_back({{kind, std::string(key), {}}, role, {}});
  Mention& mention = mentions_[place->second];
  mention.role = std::min(mention.role, role);  // the roles' numbers are in the order of their strength
  return mention;
}

void FindingBuilder::add_entity(EntityKind kind, std::string_view key, std::string_view name, FindingRole role,
                                const Attributes& attributes) {
  if (key.empty()) return;
  const std::string clean_key = without_nul(key);
  Mention& mention = mention_of(kind, schema::cut_entity_key(clean_key), role);
  if (mention.entity.name.empty() && name != key)
    mention.entity.name = shortened(without_nul(name), kEntityAttributeMaxBytes);
  unite(mention.attributes, attributes);
}

void FindingBuilder::add_resource(std::string_view arn_or_id, std::string_view name, FindingRole role,
                                  const Attributes& attributes) {
  const auto arn = parse_arn(arn_or_id);
  if (!arn) {
    const bool instance = schema::is_instance_id(arn_or_id);
    add_entity(instance ? EntityKind::kInstance : EntityKind::kResource, arn_or_id, name, role, attributes);
    return;
  }
  const std::string_view id = last_part(arn_or_id);
  if (arn->service == "ec2" && arn->resource.starts_with("instance/")) {
    add_entity(EntityKind::kInstance, id, name, role, attributes);
    return;
  }
  add_entity(EntityKind::kResource, arn_or_id, name.empty() ? id : name, role, attributes);
  add_other_form(*arn, arn_or_id, id);
}

// API events name volumes and network interfaces by bare ids, and users and roles without their path: both forms are
// kept, so that one question finds both.
void FindingBuilder::add_other_form(const Arn& arn, std::string_view text, std::string_view id) {
  if (arn.service == "ec2") return add_entity(EntityKind::kResource, id, {}, FindingRole::kRelated);
  const auto first = arn.resource.find('/'), last = arn.resource.rfind('/');
  const std::string_view kind = arn.resource.substr(0, first);
  if (arn.service != "iam" || first == last || (kind != "role" && kind != "user" && kind != "instance-profile")) return;
  const std::string_view before_path = text.substr(0, text.size() - arn.resource.size() + first);
  add_entity(EntityKind::kResource, fmt::format("{}/{}", before_path, id), id, FindingRole::kRelated);
}

void FindingBuilder::finish() {
  std::stable_sort(mentions_.begin(), mentions_.end(),
                   [](const Mention& a, const Mention& b) { return a.role < b.role; });
  const std::size_t kept = std::min(mentions_.size(), kFindingEntitiesMax);
  for (std::size_t i = 0; i < kept; ++i) {
    Mention& mention = mentions_[i];
    finding_.entities.push_back({std::move(mention.entity), mention.role, attributes_json(mention.attributes)});
  }
  const auto tell = [&](std::string_view label, std::size_t left_out) {
    if (left_out > 0) finding_.facts.emplace_back(label, fmt::format("{} (see the raw record)", left_out));
  };
  tell("Entities left out", mentions_.size() - kept);
  tell("Facts left out", facts_left_out_);
}

}  // namespace backtrail::ingest
