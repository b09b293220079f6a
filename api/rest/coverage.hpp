// GET /api/v1/coverage: what is heard from where. Thread-safe; may block.
#pragma once
#include "api/auth/caller.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "query/warehouse.hpp"

namespace backtrail::api {

Response coverage_show(const Request& request, const Caller& caller, const query::Warehouse& warehouse);

}  // namespace backtrail::api
