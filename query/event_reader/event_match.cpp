// Does an event answer a filter? And a filter's values as LIKE patterns: the same rules for the statements.
#include <algorithm>

#include "query/event_reader/event_filter.hpp"

namespace backtrail::query {
namespace {

using schema::EntityKind;

std::string escape_like(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

bool is_named(const std::optional<schema::Entity>& entity, std::string_view key) {
  return entity && schema::cut_entity_key(entity->key) == key;
}

}  // namespace

bool is_by(const schema::ApiEvent& event, EntityKind kind, std::string_view key) {
  switch (kind) {
    case EntityKind::kAccount:
      return event.account_id == key;
    case EntityKind::kPrincipal:
      return is_named(event.principal, key);
    case EntityKind::kRoleSession:
      return is_named(event.session, key);
    case EntityKind::kAccessKey:
      return is_named(event.access_key, key);
    case EntityKind::kInstance:
      return is_named(event.instance, key);
    case EntityKind::kIpAddress:
      return is_named(event.ip_address, key);
    case EntityKind::kUserAgent:
      return is_named(event.user_agent, key);
    case EntityKind::kResource:
      return false;
  }
  return false;
}

bool is_on(const schema::ApiEvent& event, EntityKind kind, std::string_view key) {
  if (kind == EntityKind::kAccount) return event.account_id == key;
  return std::any_of(event.mentions.begin(), event.mentions.end(), [&](const schema::Entity& mention) {
    return mention.kind == kind && schema::cut_entity_key(mention.key) == key;
  });
}

bool matches(const EntityTerm& term, const schema::ApiEvent& event) {
  return (term.by && is_by(event, term.kind, term.key)) || (term.on && is_on(event, term.kind, term.key));
}

bool names_entities(const EventFilter& filter, const schema::ApiEvent& event) {
  const auto holds = [&](const EntityTerm& term) { return matches(term, event); };
  return std::all_of(filter.entities.begin(), filter.entities.end(),
                     [&](const auto& group) { return std::any_of(group.begin(), group.end(), holds); });
}

std::vector<std::string> api_patterns(const std::vector<std::string>& values) {
  std::vector<std::string> patterns;
  for (const std::string_view value : values) {
    const bool prefix = value.ends_with('*');
    patterns.push_back(escape_like(prefix ? value.substr(0, value.size() - 1) : value) + (prefix ? "%" : ""));
  }
  return patterns;
}

std::vector<std::string> service_patterns(const std::vector<std::string>& values) {
  std::vector<std::string> patterns;
  for (const auto& value : values) {
    patterns.push_back(escape_like(value));
    if (value.find('.') == std::string::npos) patterns.push_back(escape_like(value) + ".%");
  }
  return patterns;
}

}  // namespace backtrail::query
