#include "api/rest/event_json.hpp"

namespace backtrail::api {
namespace {

// An entity whose key says no account belongs to the one given.
Json entity_in_account(const schema::Entity& entity, const std::string& account_id) {
  Json json = entity_json(entity);
  if (json["account_id"].is_null()) json["account_id"] = text_or_null(account_id);
  return json;
}

// A bare id exists in the event's account; an ARN says its account itself, or has none.
Json resource_json(const schema::Entity& entity, const std::string& account_id) {
  return entity.key.starts_with("arn:") ? entity_json(entity) : entity_in_account(entity, account_id);
}

Json key_or_null(const std::optional<schema::Entity>& entity) {
  return entity ? Json(entity->key) : Json(nullptr);
}

// What the row's resource column shows: resources and instances, not keys and principals.
std::vector<const schema::Entity*> resources_of(const schema::ApiEvent& event) {
  std::vector<const schema::Entity*> resources;
  for (const auto& mention : event.mentions)
    if (mention.kind == schema::EntityKind::kResource || mention.kind == schema::EntityKind::kInstance)
      resources.push_back(&mention);
  return resources;
}

Json matched_json(const std::vector<query::MatchedEntity>& matched) {
  Json list = Json::array();
  for (const auto& match : matched)
    list.push_back(
        {{"kind", name_of(match.entity.kind)}, {"key", match.entity.key}, {"direction", name_of(match.direction)}});
  return list;
}

}  // namespace

Json event_row_json(const query::EventView& view) {
  const schema::ApiEvent& event = view.event();
  const auto all_resources = resources_of(event);
  Json resources = Json::array();
  for (std::size_t i = 0; i < std::min(all_resources.size(), kRowResourcesMax); ++i)
    resources.push_back(resource_json(*all_resources[i], event.account_id));
  return {{"event_id", to_string(event.event_id)},
          {"event_key", query::event_key(view)},
          {"event_time", time_json(event.event_time_us)},
          {"account_id", event.account_id},
          {"account_name", or_null(view.account_name)},
          {"region", event.region},
          {"service", event.service},
          {"api", event.api},
          {"outcome", name_of(event.outcome)},
          {"error_code", text_or_null(event.error_code)},
          {"error_message", text_or_null(event.error_message)},
          {"read_only", or_null(event.read_only)},
          {"event_class", name_of(event.event_class)},
          {"principal", event.principal ? entity_in_account(*event.principal, event.caller_account_id) : Json(nullptr)},
          {"session_name", text_or_null(event.session_name)},
          {"role_session", entity_json(event.session)},
          {"source_identity", text_or_null(event.source_identity)},
          {"access_key_id", key_or_null(event.access_key)},
          {"instance_id", key_or_null(event.instance)},
          {"source_ip", text_or_null(event.source_address)},
          {"user_agent", key_or_null(event.user_agent)},
          {"invoked_by", text_or_null(event.invoked_by)},
          {"caller_account_id", text_or_null(event.caller_account_id)},
          {"identity_type", text_or_null(event.identity_type)},
          {"resources", std::move(resources)},
          {"resources_more", all_resources.size() - std::min(all_resources.size(), kRowResourcesMax)},
          {"matched", matched_json(view.matched())},
          {"flags", query::flag_names(view)}};
}

namespace {

// The record stands in the answer as it was received: reading and writing it again would round large numbers.
std::string with_record(std::string object, const query::EventView& view) {
  object.pop_back();
  return object + ",\"raw\":" + (view.damaged() ? "null" : std::string(view.raw())) + "}";
}

}  // namespace

std::string event_row_with_record(const query::EventView& view) {
  return with_record(dump(event_row_json(view)), view);
}

std::string event_detail_json(const query::EventView& view) {
  Json json = event_row_json(view);
  Json mentions = Json::array();
  for (const auto* who : {&view.event().principal, &view.event().session, &view.event().access_key,
                          &view.event().instance, &view.event().ip_address, &view.event().user_agent}) {
    if (!*who) continue;
    Json mention = entity_json(**who);
    mention["direction"] = "by";
    mentions.push_back(std::move(mention));
  }
  for (const auto& named : view.event().mentions) {
    Json mention = entity_json(named);
    mention["direction"] = "on";
    mentions.push_back(std::move(mention));
  }
  json["mentions"] = std::move(mentions);
  json["shared_event_id"] =
      view.event().shared_event_id ? Json(to_string(*view.event().shared_event_id)) : Json(nullptr);
  json["received_at"] = time_json(view.received_us());
  return with_record(dump(json), view);
}

std::string activity_json(const query::ActivityPage& page) {
  Json events = Json::array(), entities = Json::array();
  for (const auto& view : page.events) events.push_back(event_row_json(view));
  for (const auto& entity : page.covered.entities) entities.push_back(entity_json(entity));
  Json covered{{"from", time_json(page.covered.range.from_us)}, {"to", time_json(page.covered.range.to_us)}};
  if (page.covered.accounts)
    covered["accounts"] = *page.covered.accounts;
  else
    covered["accounts"] = "*";
  covered["entities"] = std::move(entities);
  covered["complete"] = page.covered.complete;
  covered["reasons"] = page.covered.reasons;
  return dump({{"events", std::move(events)},
               {"total", page.total},
               {"next_cursor", or_null(page.next_cursor)},
               {"covered", std::move(covered)}});
}

Json outcomes_json(const query::OutcomeCounts& counts) {
  return {{"ok", counts.ok}, {"denied", counts.denied}, {"failed", counts.failed}};
}

namespace {

void put_outcomes(Json& item, const query::OutcomeCounts& counts) {
  item["ok"] = counts.ok;
  item["denied"] = counts.denied;
  item["failed"] = counts.failed;
}

Json value_json(const query::ValueCount& value) {
  Json item{{"value", value.value}};
  if (!value.name.empty()) item["label"] = value.name;
  item["count"] = value.counts.total();
  return item;
}

}  // namespace

Json values_json(const std::vector<query::ValueCount>& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(value_json(value));
  return list;
}

Json apis_json(const std::vector<query::ApiCount>& apis) {
  Json list = Json::array();
  for (const auto& api : apis) {
    Json item{{"service", api.service}, {"api", api.api}};
    put_outcomes(item, api.counts);
    list.push_back(std::move(item));
  }
  return list;
}

Json accounts_json(const std::vector<query::ValueCount>& accounts,
                   const std::vector<std::optional<std::string>>& names) {
  Json list = Json::array();
  for (std::size_t i = 0; i < accounts.size(); ++i)
    list.push_back({{"account_id", accounts[i].value},
                    {"account_name", i < names.size() ? or_null(names[i]) : Json(nullptr)},
                    {"count", accounts[i].counts.total()}});
  return list;
}

const std::vector<std::string>& event_csv_header(bool with_raw) {
  static const std::vector<std::string> header{
      "event_time", "account_id",     "account_name",      "region",          "service",       "api",
      "outcome",    "error_code",     "error_message",     "read_only",       "event_class",   "identity_type",
      "principal",  "principal_name", "session_name",      "source_identity", "access_key_id", "source_ip",
      "user_agent", "invoked_by",     "caller_account_id", "resources",       "event_id",      "matched"};
  static const std::vector<std::string> header_with_raw = [] {
    auto all = header;
    all.emplace_back("raw");
    return all;
  }();
  return with_raw ? header_with_raw : header;
}

std::vector<std::string> event_csv_cells(const query::EventView& view, bool with_raw) {
  const schema::ApiEvent& event = view.event();
  const auto key = [](const std::optional<schema::Entity>& entity) { return entity ? entity->key : std::string{}; };
  std::string resources, matched;
  for (const auto* resource : resources_of(event)) resources += (resources.empty() ? "" : " ") + resource->key;
  for (const auto& match : view.matched())
    matched += (matched.empty() ? "" : " ") + std::string(name_of(match.direction)) + ":" + match.entity.key;
  std::vector<std::string> cells{schema::format_rfc3339(event.event_time_us),
                                 event.account_id,
                                 view.account_name.value_or(""),
                                 event.region,
                                 event.service,
                                 event.api,
                                 std::string(name_of(event.outcome)),
                                 event.error_code,
                                 event.error_message,
                                 event.read_only ? (*event.read_only ? "true" : "false") : "",
                                 std::string(name_of(event.event_class)),
                                 event.identity_type,
                                 key(event.principal),
                                 event.principal ? event.principal->name : "",
                                 event.session_name,
                                 event.source_identity,
                                 key(event.access_key),
                                 event.source_address,
                                 key(event.user_agent),
                                 event.invoked_by,
                                 event.caller_account_id,
                                 resources,
                                 to_string(event.event_id),
                                 matched};
  if (with_raw) cells.emplace_back(view.damaged() ? std::string_view() : view.raw());
  return cells;
}

}  // namespace backtrail::api
