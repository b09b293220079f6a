// Errors as RFC 9457 problems: one table from error codes to status codes, and what the reader should do. Thread-safe.
#pragma once
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "schema/core/error.hpp"

namespace backtrail::api {

// What the error means to whoever asked.
Problem problem_of(const schema::Error& error, const Request& request);
// The database's own words stay in the log; the answer carries the request's id.
Response problem_for(const schema::Error& error, const Request& request);

}  // namespace backtrail::api
