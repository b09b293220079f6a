// GET /api/v1/notices and the bytes of one. Thread-safe; may block.
#pragma once
#include "api/auth/caller.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "query/warehouse.hpp"

namespace backtrail::api {

Response notices_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response notices_raw(const Request& request, const Caller& caller, const query::Warehouse& warehouse);

}  // namespace backtrail::api
