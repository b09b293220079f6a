// GET /api/v1/findings and below: list, facets, export, one finding, its bytes. Handlers are thread-safe and may block.
#pragma once
#include "api/auth/caller.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "query/warehouse.hpp"

namespace backtrail::api {

Response findings_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response findings_facets(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response findings_export(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response finding_show(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response finding_raw(const Request& request, const Caller& caller, const query::Warehouse& warehouse);

}  // namespace backtrail::api
