#include "api/rest/entities.hpp"

#include <algorithm>

#include "api/rest/event_json.hpp"
#include "api/rest/finding_json.hpp"
#include "api/rest/problem.hpp"
#include "query/entity/entity_profile.hpp"
#include "query/entity/entity_search.hpp"

namespace backtrail::api {
namespace {

using schema::Code;
using schema::fail;

constexpr std::string_view kProfileDefaultLast = "90d";

Json entity_with_account(const schema::Entity& entity, const std::optional<std::string>& account_id) {
  Json json = entity_json(entity);
  if (account_id) json["account_id"] = *account_id;
  return json;
}

schema::Error unknown_kind() {
  return fail(Code::kBadParameter,
              "kind: not a kind of entity; use account, principal, role_session, access_key, instance, ip_address, "
              "user_agent or resource");
}

// A misspelt parameter would give the answer to another question.
std::optional<schema::Error> unknown_parameter(const Request& request, std::initializer_list<std::string_view> known) {
  for (const auto& parameter : request.query)
    if (std::find(known.begin(), known.end(), parameter.name) == known.end())
      return fail(Code::kBadParameter, parameter.name + ": is not a parameter here; check its spelling");
  return std::nullopt;
}

}  // namespace

Response search_entities(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  if (const auto unknown = unknown_parameter(request, {"q", "kind"})) return problem_for(*unknown, request);
  std::optional<schema::EntityKind> kind;
  if (const auto name = request.query_value("kind")) {
    kind = schema::entity_kind_from(*name);
    if (!kind) return problem_for(unknown_kind(), request);
  }
  const std::string text(request.query_value("q").value_or(""));
  const auto found = query::entity_search(warehouse, caller.scope, text, kind);
  if (!found) return problem_for(found.error(), request);
  Json list = Json::array(), events = Json::array();
  for (const auto& entity : *found) {
    Json item = entity_with_account(entity.entity, entity.account_id);
    item["last_seen_at"] = time_json(entity.last_seen_us);
    list.push_back(std::move(item));
  }
  if (schema::Uuid event_id; schema::parse_uuid(text, event_id)) {
    const auto same_id = query::events_by_id(warehouse, caller.scope, event_id, query::kFoundEntitiesMax);
    if (!same_id) return problem_for(same_id.error(), request);
    for (const auto& view : *same_id) events.push_back(event_row_json(view));
  }
  return respond::json(dump({{"entities", std::move(list)}, {"events", std::move(events)}}));
}

Response show_entity(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto kind = schema::entity_kind_from(request.path_parameter("kind"));
  if (!kind) return problem_for(fail(Code::kNotFound, "there is no such kind of entity"), request);
  if (const auto unknown = unknown_parameter(request, {"key", "last", "from", "to"}))
    return problem_for(*unknown, request);
  // Keys with slashes and other odd characters travel better as a parameter.
  const std::string key(request.query_value("key").value_or(request.path_parameter("key")));
  if (key.empty()) return problem_for(fail(Code::kBadParameter, "key: which entity; give its key"), request);
  const auto parameters = parameters_of(request, {"key"});
  const auto range = query::parse_range(parameters, schema::now_us(), kProfileDefaultLast);
  if (!range) return problem_for(range.error(), request);
  const schema::Entity entity{*kind, key, {}};
  const auto profile = query::entity_profile(warehouse, caller.scope, entity, range->range);
  if (!profile) return problem_for(profile.error(), request);
  Json json = entity_with_account(profile->entity, profile->account_id);
  Json facts = Json::array();
  for (const auto& fact : profile->facts)
    facts.push_back({{"label", fact.label}, {"value", fact.value}, {"entity", entity_json(fact.entity)}});
  json["facts"] = std::move(facts);
  json["from"] = time_json(profile->range.from_us);
  json["to"] = time_json(profile->range.to_us);
  json["direction"] = name_of(profile->direction);
  json["first_seen_at"] = time_json(profile->first_seen_us);
  json["last_seen_at"] = time_json(profile->last_seen_us);
  json["totals"] = outcomes_json(profile->groups.totals);
  json["named_total"] = profile->named_total;
  json["accounts"] = accounts_json(profile->groups.accounts, profile->account_names);
  json["regions"] = values_json(profile->groups.regions);
  json["findings"] = finding_rows_json(profile->findings);
  json["access_keys"] = values_json(profile->groups.access_keys);
  json["ip_addresses"] = values_json(profile->groups.ip_addresses);
  json["user_agents"] = values_json(profile->groups.user_agents);
  json["apis"] = apis_json(profile->groups.apis);
  json["sessions"] = values_json(profile->groups.sessions);
  json["principals"] = values_json(profile->groups.principals);
  return respond::json(dump(json));
}

}  // namespace backtrail::api
