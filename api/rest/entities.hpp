// GET /api/v1/entities: search by text, and one entity's profile. Thread-safe; may block.
#pragma once
#include "api/auth/caller.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "query/warehouse.hpp"

namespace backtrail::api {

Response search_entities(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response show_entity(const Request& request, const Caller& caller, const query::Warehouse& warehouse);

}  // namespace backtrail::api
