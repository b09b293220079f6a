#include "api/rest/events.hpp"

#include "api/rest/event_json.hpp"
#include "api/rest/problem.hpp"

namespace backtrail::api {

Response show_event(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto event = query::event_by_key(warehouse, caller.scope, request.path_parameter("event_key"));
  if (!event) return problem_for(event.error(), request);
  return respond::json(event_detail_json(*event));
}

Response show_event_raw(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  auto event = query::event_by_key(warehouse, caller.scope, request.path_parameter("event_key"));
  if (!event) return problem_for(event.error(), request);
  if (event->damaged())
    return problem_for(schema::fail(schema::Code::kBadRecord, "the stored record is damaged"), request);
  return respond::bytes(std::string(event->raw()), "application/json");
}

}  // namespace backtrail::api
