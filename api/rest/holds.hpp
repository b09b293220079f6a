// GET /api/v1/holds: what retention must not remove, by whom and why. Thread-safe; may block.
#pragma once
#include "api/auth/caller.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "query/warehouse.hpp"

namespace backtrail::api {

Response holds_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse);

}  // namespace backtrail::api
