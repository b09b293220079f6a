// GET and PUT /api/v1/accounts: the registry with what was heard of each account, and its import. Thread-safe; may
// block.
#pragma once
#include "api/auth/caller.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "query/warehouse.hpp"

namespace backtrail::api {

Response accounts_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
// `maintenance` connects as that role.
Response accounts_import(const Request& request, schema::Database& maintenance);

}  // namespace backtrail::api
