// GET /api/v1/events/{event_key} and its exact bytes. Thread-safe; may block.
#pragma once
#include "api/auth/caller.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "query/warehouse.hpp"

namespace backtrail::api {

Response show_event(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response show_event_raw(const Request& request, const Caller& caller, const query::Warehouse& warehouse);

}  // namespace backtrail::api
