// GET /api/v1/quarantine, one record of it, its bytes; GET /api/v1/alerts. Thread-safe; may block.
#pragma once
#include "api/auth/caller.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "query/warehouse.hpp"

namespace backtrail::api {

Response quarantine_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response quarantine_show(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response quarantine_raw(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response alerts_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse);

}  // namespace backtrail::api
