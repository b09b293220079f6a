#include "api/rest/holds.hpp"

#include "api/rest/answer.hpp"
#include "api/rest/problem.hpp"
#include "query/hold_queries.hpp"

namespace backtrail::api {

Response holds_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto parameters = parameters_of(request);
  const auto state = query::parse_hold_request(parameters);
  if (!state) return problem_for(state.error(), request);
  const auto holds = query::hold_list(warehouse, caller.scope, *state);
  if (!holds) return problem_for(holds.error(), request);
  Json list = Json::array();
  for (const auto& hold : holds->rows)
    list.push_back({{"hold_id", hold.hold_id},
                    {"account_id", text_or_null(hold.account_id)},
                    {"from_day", hold.from_day},
                    {"to_day", hold.to_day},
                    {"finding_id", or_null(hold.finding_id)},
                    {"reason", hold.reason},
                    {"created_by", hold.created_by},
                    {"created_at", time_json(hold.created_us)},
                    {"released_at", hold.released_us ? time_json(*hold.released_us) : Json(nullptr)},
                    {"released_by", or_null(hold.released_by)},
                    {"release_reason", or_null(hold.release_reason)}});
  return respond::json(dump({{"holds", std::move(list)}, {"total", holds->total}}));
}

}  // namespace backtrail::api
