// GET /api/v1/ingest/summary: the delivery ledger by door, key and kind of record. Thread-safe; may block.
#pragma once
#include "api/auth/caller.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "query/warehouse.hpp"

namespace backtrail::api {

Response ingest_summary_show(const Request& request, const Caller& caller, const query::Warehouse& warehouse);

}  // namespace backtrail::api
