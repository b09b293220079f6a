// Small pieces that every REST answer is made of: times, entities, optional texts, query parameters. Thread-safe.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "api/http/request.hpp"
#include "query/findings/finding_filter.hpp"
#include "schema/core/time.hpp"
#include "schema/model/entity.hpp"

namespace backtrail::api {

using Json = nlohmann::ordered_json;

inline Json time_json(std::int64_t us) {
  return schema::format_rfc3339(us);
}
inline Json time_json(const std::optional<std::int64_t>& us) {
  return us ? time_json(*us) : Json(nullptr);
}
template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}
inline Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

// entity_ref of the API: kind, key, name, account_id.
Json entity_json(const schema::Entity& entity);
Json entity_json(const std::optional<schema::Entity>& entity);

// JSON text; invalid UTF-8, which stored columns cannot hold, would become U+FFFD.
std::string dump(const Json& json);

// The query's parameters, without those named.
std::vector<query::Parameter> parameters_of(const Request& request,
                                            std::initializer_list<std::string_view> without = {});

}  // namespace backtrail::api
