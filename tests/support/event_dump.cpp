#include "tests/support/event_dump.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace backtrail::testing {
namespace {

using Json = nlohmann::ordered_json;

struct FlagName {
  std::int32_t bit;
  const char* name;
};
constexpr std::array kFlagNames{FlagName{schema::kFlagFuture, "future"},
                                FlagName{schema::kFlagLeapSecond, "leap_second"},
                                FlagName{schema::kFlagMadeId, "made_id"},
                                FlagName{schema::kFlagMentionsCut, "mentions_cut"},
                                FlagName{schema::kFlagNoIdentity, "no_identity"},
                                FlagName{schema::kFlagNoRecipient, "no_recipient"},
                                FlagName{schema::kFlagServiceMade, "service_made"},
                                FlagName{schema::kFlagVpcPrivateIp, "vpc_private_ip"},
                                FlagName{schema::kFlagNulText, "nul_replaced"}};

Json entity_dump(const schema::Entity& entity) {
  return {{"kind", schema::name_of(entity.kind)}, {"key", entity.key}, {"name", entity.name}};
}

Json optional_entity(const std::optional<schema::Entity>& entity) {
  return entity ? entity_dump(*entity) : Json(nullptr);
}

Json flags_dump(std::int32_t flags) {
  Json names = Json::array();
  for (const auto& [bit, name] : kFlagNames)
    if ((flags & bit) != 0) names.push_back(name);
  return names;
}

}  // namespace

std::string event_dump(const schema::ApiEvent& event) {
  Json json;
  json["account_id"] = event.account_id;
  json["event_id"] = schema::to_string(event.event_id);
  json["event_time"] = schema::format_rfc3339(event.event_time_us);
  json["event_day"] = schema::format_day(event.event_day());
  json["region"] = event.region;
  json["service"] = event.service;
  json["api"] = event.api;
  json["event_class"] = schema::name_of(event.event_class);
  json["outcome"] = schema::name_of(event.outcome);
  json["read_only"] = event.read_only ? Json(*event.read_only) : Json(nullptr);
  json["error_code"] = event.error_code;
  json["error_message"] = event.error_message;
  json["identity_type"] = event.identity_type;
  json["caller_account_id"] = event.caller_account_id;
  json["principal"] = optional_entity(event.principal);
  json["session"] = optional_entity(event.session);
  json["access_key"] = optional_entity(event.access_key);
  json["instance"] = optional_entity(event.instance);
  json["ip_address"] = optional_entity(event.ip_address);
  json["user_agent"] = optional_entity(event.user_agent);
  json["session_name"] = event.session_name;
  json["source_identity"] = event.source_identity;
  json["invoked_by"] = event.invoked_by;
  json["source_address"] = event.source_address;
  json["shared_event_id"] = event.shared_event_id ? Json(schema::to_string(*event.shared_event_id)) : Json(nullptr);
  json["flags"] = flags_dump(event.flags);
  json["mentions"] = Json::array();
  for (const auto& mention : event.mentions) json["mentions"].push_back(entity_dump(mention));
  return json.dump(2) + '\n';
}

}  // namespace backtrail::testing
