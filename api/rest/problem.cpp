#include "api/rest/problem.hpp"

#include <spdlog/spdlog.h>

namespace backtrail::api {
namespace {

constexpr int kRetryAfter_s = 2;

// "limit: must be 1 to 1000; …" names its parameter in the first word.
std::vector<FieldError> field_errors(const std::string& detail) {
  const auto colon = detail.find(": ");
  if (colon == std::string::npos || detail.find(' ') < colon) return {};
  return {{detail.substr(0, colon), detail.substr(colon + 2)}};
}

}  // namespace

Problem problem_of(const schema::Error& error, const Request& request) {
  using schema::Code;
  switch (error.code) {
    case Code::kBadParameter:
    case Code::kBadTime:
      return {.status = 400,
              .detail = error.detail,
              .hint = "GET /openapi.json describes the parameters.",
              .errors = field_errors(error.detail)};
    case Code::kBadCursor:
      return {.status = 400,
              .detail = error.detail,
              .hint = "Start again without 'cursor': a cursor is for one question only."};
    case Code::kTooLarge:
      return {.status = 400, .detail = error.detail, .hint = "Narrow the filter or the time range."};
    case Code::kNotFound:
      return {.status = 404, .detail = error.detail};
    case Code::kForbidden:
      return {.status = 403, .detail = error.detail};
    case Code::kTimeout:
      return {.status = 503,
              .detail = "The question took too long.",
              .hint = "Narrow the time range or add a filter.",
              .retry_after_s = kRetryAfter_s};
    case Code::kDatabaseDown:
    case Code::kOverload:
    case Code::kRetry:
      spdlog::warn("request {}: {}", request.request_id, error.detail);
      return {.status = 503,
              .detail = "Busy or without its database just now.",
              .hint = "Send it again in a few seconds.",
              .retry_after_s = kRetryAfter_s};
    default:
      spdlog::error("request {}: {}", request.request_id, error.detail);
      return {.status = 500,
              .detail = "Something went wrong inside.",
              .hint = "The server's log has the reason under the request_id."};
  }
}

Response problem_for(const schema::Error& error, const Request& request) {
  return respond::problem(request, problem_of(error, request));
}

}  // namespace backtrail::api
