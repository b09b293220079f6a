// GET /api/v1/activity and below: events of any combination, their summary, volume and export. Thread-safe; may block.
#pragma once
#include "api/auth/caller.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "query/warehouse.hpp"

namespace backtrail::api {

Response activity_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response activity_summary_show(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response activity_volume_show(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response activity_export(const Request& request, const Caller& caller, const query::Warehouse& warehouse);

}  // namespace backtrail::api
