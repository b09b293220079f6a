#include "api/rest/answer.hpp"

#include <algorithm>

#include "query/findings/finding_lanes.hpp"

namespace backtrail::api {

Json entity_json(const schema::Entity& entity) {
  return {{"kind", name_of(entity.kind)},
          {"key", entity.key},
          {"name", text_or_null(entity.name)},
          {"account_id", or_null(query::account_of(entity))}};
}

Json entity_json(const std::optional<schema::Entity>& entity) {
  return entity ? entity_json(*entity) : Json(nullptr);
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<query::Parameter> parameters_of(const Request& request, std::initializer_list<std::string_view> without) {
  std::vector<query::Parameter> parameters;
  for (const auto& parameter : request.query)
    if (std::find(without.begin(), without.end(), parameter.name) == without.end())
      parameters.emplace_back(parameter.name, parameter.value);
  return parameters;
}

}  // namespace backtrail::api
