// GET /api/v1/activity and below: events of any combination, their summary, volume and export. Thread-safe; may block.
#pragma once
#include "api/auth/caller.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "query/warehouse.hpp"

namespace backtrail::api {

Response list_activity(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response show_activity_summary(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response show_activity_volume(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response export_activity(const Request& request, const Caller& caller, const query::Warehouse& warehouse);

}  // namespace backtrail::api
