#include "query/entity/entity_profile.hpp"

#include <algorithm>
#include <backtrail_query_sql.hpp>
#include <boost/describe.hpp>

#include "query/entity/activity.hpp"
#include "query/entity/entity_search.hpp"
#include "query/findings/finding_queries.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::query {

struct SeenRow {
  std::optional<schema::TimeUs> first_at, last_at, last_by_at;
};
BOOST_DESCRIBE_STRUCT(SeenRow, (), (first_at, last_at, last_by_at))

struct NamedRow {
  std::string account_id, entity_key, name;
};
BOOST_DESCRIBE_STRUCT(NamedRow, (), (account_id, entity_key, name))

namespace {

constexpr std::int32_t kFirstDay = 0, kLastDay = 2'932'896;  // 1970 to 9999

using schema::Direction;
using schema::Entity;
using schema::EntityKind;
using schema::Result;
using schema::Transaction;

Direction direction_of(EntityKind kind) {
  return kind == EntityKind::kResource || kind == EntityKind::kAccount ? Direction::kOn : Direction::kBy;
}

EventFilter filter_of(const Entity& entity, Direction direction, const schema::TimeRange& range) {
  EventFilter filter;
  const bool account = entity.kind == EntityKind::kAccount;
  filter.entities = {
      {{entity.kind, entity.key, account || direction == Direction::kBy, account || direction == Direction::kOn}}};
  filter.range = range;
  return filter;
}

void add_fact(std::string label, const std::string& value, EntityProfile& profile) {
  if (!value.empty()) profile.facts.push_back({std::move(label), value, std::nullopt});
}

void add_fact(std::string label, const std::optional<Entity>& entity, EntityProfile& profile) {
  if (!entity || entity->kind == profile.entity.kind) return;
  profile.facts.push_back({std::move(label), entity->name.empty() ? entity->key : entity->name, entity});
}

// What the entity's newest call says about it.
void add_caller_facts(const schema::ApiEvent& event, EntityProfile& profile) {
  const EntityKind kind = profile.entity.kind;
  const auto& own = [&]() -> const std::optional<Entity>& {
    return kind == EntityKind::kPrincipal     ? event.principal
           : kind == EntityKind::kRoleSession ? event.session
                                              : event.instance;
  }();
  if (own && profile.entity.name.empty()) profile.entity.name = own->name;
  const bool is_identity = kind == EntityKind::kPrincipal || kind == EntityKind::kRoleSession ||
                           kind == EntityKind::kAccessKey || kind == EntityKind::kInstance;
  if (!is_identity) return;
  add_fact("Name", profile.entity.name, profile);
  add_fact("Identity type", event.identity_type, profile);
  add_fact("Principal", event.principal, profile);
  if (kind == EntityKind::kAccessKey) add_fact("Session", event.session, profile);
  if (kind == EntityKind::kRoleSession) add_fact("Instance", event.instance, profile);
  if (kind == EntityKind::kRoleSession || kind == EntityKind::kAccessKey)
    add_fact("Source identity", event.source_identity, profile);
  if (schema::is_account_id(event.caller_account_id)) {
    add_fact("Account", Entity{EntityKind::kAccount, event.caller_account_id, {}}, profile);
    if (!profile.account_id) profile.account_id = event.caller_account_id;
  }
}

void add_newest_facts(Transaction& tx, const Warehouse& warehouse, const schema::AccountScope& scope,
                      std::optional<std::int64_t> last_by_us, EntityProfile& profile) {
  if (!last_by_us) return;
  const auto filter = filter_of(profile.entity, Direction::kBy, {*last_by_us, *last_by_us + 1});
  const auto newest = EventReader(tx, warehouse.hash_key, scope, filter).newest(end_of(filter.range), 1);
  if (newest.events.empty() || newest.events.front().damaged()) return;
  const schema::ApiEvent& event = newest.events.front().event();
  add_caller_facts(event, profile);
  add_fact("Last call", event.service + " " + event.api, profile);
}

// Rows and parts may each know a first and a last event.
template <class Choose>
std::optional<std::int64_t> joined(const std::optional<schema::TimeUs>& row, const std::optional<std::int64_t>& sealed,
                                   Choose choose) {
  if (!row) return sealed;
  return sealed ? choose(row->us, *sealed) : row->us;
}

EntitySeen read_seen(Transaction& tx, EntityKind kind, std::int64_t hash) {
  SeenRow row;
  if (const auto days = row_days(tx, kFirstDay, kLastDay))
    row =
        schema::row_as<SeenRow>(tx.exec(sql::entity_seen, std::to_string(static_cast<int>(kind)), std::to_string(hash),
                                        schema::format_day(days->first), schema::format_day(days->last))[0]);
  const auto sealed = sealed_seen(tx, hash);
  const auto earlier = [](std::int64_t a, std::int64_t b) { return std::min(a, b); };
  const auto later = [](std::int64_t a, std::int64_t b) { return std::max(a, b); };
  return {joined(row.first_at, sealed.first_us, earlier), joined(row.last_at, sealed.last_us, later),
          joined(row.last_by_at, sealed.last_by_us, later)};
}

void add_seen(Transaction& tx, const Warehouse& warehouse, const schema::AccountScope& scope, EntityProfile& profile) {
  const std::string kind = std::to_string(static_cast<int>(profile.entity.kind));
  const std::int64_t number = schema::entity_hash(warehouse.hash_key, profile.entity.kind, profile.entity.key);
  const std::string hash = std::to_string(number);
  const auto named = schema::rows_as<NamedRow>(tx.exec(sql::entity_named, hash, kind));
  for (const auto& row : named)
    if (row.entity_key == profile.entity.key && row.name > profile.entity.name) profile.entity.name = row.name;
  if (!profile.account_id && named.size() == 1) profile.account_id = named.front().account_id;
  if (profile.entity.kind == EntityKind::kAccount) return;
  const auto seen = read_seen(tx, profile.entity.kind, number);
  profile.first_seen_us = seen.first_us;
  profile.last_seen_us = seen.last_us;
  add_newest_facts(tx, warehouse, scope, seen.last_by_us, profile);
}

void add_counts(Transaction& tx, const Warehouse& warehouse, const schema::AccountScope& scope,
                EntityProfile& profile) {
  const auto filter = filter_of(profile.entity, profile.direction, profile.range);
  profile.groups = EventReader(tx, warehouse.hash_key, scope, filter).groups(kProfileValuesMax);
  std::vector<std::string> ids;
  for (const auto& account : profile.groups.accounts) ids.push_back(account.value);
  profile.account_names = account_names(tx, ids);
  if (profile.direction == Direction::kOn) {
    profile.named_total = profile.groups.totals.total();
  } else {
    const auto named = filter_of(profile.entity, Direction::kOn, profile.range);
    profile.named_total = EventReader(tx, warehouse.hash_key, scope, named).count();
  }
  if (profile.entity.kind != EntityKind::kAccount) return;
  profile.first_seen_us = profile.groups.first_us;
  profile.last_seen_us = profile.groups.last_us;
}

}  // namespace

Result<EntitySeen> entity_seen(const Warehouse& warehouse, const schema::AccountScope& scope, const Entity& entity) {
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<EntitySeen> {
    return read_seen(tx, entity.kind, schema::entity_hash(warehouse.hash_key, entity.kind, entity.key));
  });
}

Result<EntityProfile> entity_profile(const Warehouse& warehouse, const schema::AccountScope& scope,
                                     const Entity& entity, const schema::TimeRange& range) {
  auto profile = warehouse.database.read(scope, [&](Transaction& tx) -> Result<EntityProfile> {
    EntityProfile found;
    found.entity = {entity.kind, std::string(schema::cut_entity_key(entity.key)), {}};
    found.account_id = home_account_of(found.entity);
    found.range = range;
    found.direction = direction_of(entity.kind);
    add_seen(tx, warehouse, scope, found);
    add_counts(tx, warehouse, scope, found);
    return found;
  });
  if (!profile) return profile;
  auto findings = finding_rows_for_entity(warehouse, scope, profile->entity, kProfileFindingsMax);
  if (!findings) return findings.error();
  profile->findings = std::move(*findings);
  return profile;
}

}  // namespace backtrail::query
