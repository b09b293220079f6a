#include "query/entity/entity_search.hpp"

#include <algorithm>
#include <backtrail_query_sql.hpp>
#include <boost/describe.hpp>
#include <fmt/format.h>

#include "query/event_reader/parts.hpp"
#include "query/findings/finding_lanes.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::query {

struct FoundRow {
  int kind;
  std::string entity_key, name;
  std::optional<std::string> account_id;
};
BOOST_DESCRIBE_STRUCT(FoundRow, (), (kind, entity_key, name, account_id))

struct LastSeenRow {
  std::int64_t ordinal;
  schema::TimeUs last_at;
};
BOOST_DESCRIBE_STRUCT(LastSeenRow, (), (ordinal, last_at))

namespace {

using schema::Entity;
using schema::EntityKind;
using schema::Result;
using schema::Transaction;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// AIDA… (users), AROA… (roles): 16 or more capitals and digits.
bool is_unique_id(std::string_view text) {
  constexpr std::size_t kMinChars = 16, kMaxChars = 128;
  if (!(text.starts_with("AIDA") || text.starts_with("AROA")) || text.size() < kMinChars || text.size() > kMaxChars)
    return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

bool same(const Entity& a, const Entity& b) {
  return a.kind == b.kind && a.key == b.key;
}

void add_names(Transaction& tx, std::string_view text, std::optional<EntityKind> kind,
               std::vector<FoundEntity>& found) {
  std::optional<std::string> kinds;
  if (kind) kinds = schema::array_literal({std::to_string(static_cast<int>(*kind))});
  const auto result = tx.exec(sql::entity_search, std::string(text), kinds, std::to_string(kFoundEntitiesMax));
  for (auto& row : schema::rows_as<FoundRow>(result)) {
    FoundEntity hit{{static_cast<EntityKind>(row.kind), std::move(row.entity_key), std::move(row.name)},
                    std::move(row.account_id),
                    {}};
    if (auto home = home_account_of(hit.entity)) hit.account_id = std::move(home);
    const auto known =
        std::find_if(found.begin(), found.end(), [&](const FoundEntity& f) { return same(f.entity, hit.entity); });
    if (known == found.end())
      found.push_back(std::move(hit));
    else
      *known = std::move(hit);
  }
}

void add_last_seen(Transaction& tx, const schema::HashKey& key, std::vector<FoundEntity>& found) {
  std::vector<std::string> kinds, hashes;
  std::vector<std::int64_t> numbers;
  for (const auto& hit : found) {
    kinds.push_back(std::to_string(static_cast<int>(hit.entity.kind)));
    numbers.push_back(schema::entity_hash(key, hit.entity.kind, hit.entity.key));
    hashes.push_back(std::to_string(numbers.back()));
  }
  const auto result = tx.exec(sql::entity_last_seen, schema::array_literal(kinds), schema::array_literal(hashes));
  for (const auto& row : schema::rows_as<LastSeenRow>(result))
    found.at(static_cast<std::size_t>(row.ordinal) - 1).last_seen_us = row.last_at.us;
  const auto sealed = sealed_last_seen(tx, numbers);
  for (std::size_t i = 0; i < found.size(); ++i)
    if (sealed[i]) found[i].last_seen_us = std::max(found[i].last_seen_us.value_or(*sealed[i]), *sealed[i]);
}

}  // namespace

std::optional<std::string> home_account_of(const Entity& entity) {
  return account_of(entity);
}

std::vector<Entity> recognised_entities(std::string_view text) {
  std::vector<Entity> entities;
  const auto add = [&](EntityKind kind, std::string_view key, std::string_view name = {}) {
    entities.push_back({kind, std::string(schema::cut_entity_key(key)), std::string(name)});
  };
  if (schema::is_access_key_id(text))
    add(EntityKind::kAccessKey, text);
  else if (schema::is_instance_id(text))
    add(EntityKind::kInstance, text);
  else if (schema::is_ip_address(text))
    add(EntityKind::kIpAddress, text);
  else if (schema::is_account_id(text))
    add(EntityKind::kAccount, text);
  else if (is_unique_id(text))
    add(EntityKind::kPrincipal, text);
  else if (text.starts_with("arn:"))
    add(EntityKind::kResource, text);
  if (const auto colon = text.find(':');
      colon != std::string_view::npos && is_unique_id(text.substr(0, colon)) && colon + 1 < text.size()) {
    add(EntityKind::kRoleSession, text, text.substr(colon + 1));
    add(EntityKind::kPrincipal, text.substr(0, colon));
  }
  return entities;
}

Result<std::vector<FoundEntity>> entity_search(const Warehouse& warehouse, const schema::AccountScope& scope,
                                               std::string_view asked, std::optional<EntityKind> kind) {
  const std::string_view text = trimmed(asked);
  if (text.empty()) return schema::fail(schema::Code::kBadParameter, "q: is empty; type a name, key, id or address");
  if (text.size() > kSearchTextMaxBytes)
    return schema::fail(schema::Code::kBadParameter,
                        fmt::format("q: is longer than {} bytes; shorten it", kSearchTextMaxBytes));
  std::vector<FoundEntity> found;
  for (auto& entity : recognised_entities(text))
    if (!kind || entity.kind == *kind) found.push_back({entity, home_account_of(entity), {}});
  // Sessions and user agents have no list of names: when one of them is asked for, the text is its key.
  if (found.empty() && kind && (*kind == EntityKind::kUserAgent || *kind == EntityKind::kRoleSession))
    found.push_back({{*kind, std::string(schema::cut_entity_key(text)), {}}, std::nullopt, {}});
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<std::vector<FoundEntity>> {
    add_names(tx, text, kind, found);
    if (found.size() > kFoundEntitiesMax) found.resize(kFoundEntitiesMax);
    if (!found.empty()) add_last_seen(tx, warehouse.hash_key, found);
    return std::move(found);
  });
}

}  // namespace backtrail::query
