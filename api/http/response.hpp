// What a handler gives back, and the builders for the usual kinds.
//
// A response has a body, or a `pull` callback that makes the body piece by piece on a worker thread (exports that do
// not fit in memory). The session adds what every response carries (Date, X-Request-Id, Cache-Control: no-store,
// X-Content-Type-Options, the page's CSP for HTML) and owns the framing: Content-Length, Transfer-Encoding, Connection
// and Date set by a handler are ignored. Values only; builders are thread-safe.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/headers.hpp"
#include "api/http/request.hpp"

namespace backtrail::api {

struct Response {
  // Appends the next piece to `out` and says whether more may follow. An exception ends the connection without the
  // closing chunk, so that the client sees a cut and not a short success. It is called by one worker at a time, never
  // after it returned false or threw, and destroyed on a worker too.
  using Pull = std::function<bool(std::string& out)>;

  int status = 200;
  Headers headers;
  std::string body;
  Pull pull;  // if set, `body` is ignored
};

// One entry of `errors`: what is wrong where, e.g. {"limit", "must be between 1 and 1000"}.
struct FieldError {
  std::string parameter;
  std::string message;
};

// An RFC 9457 problem. `title` defaults to the status's name. `hint` tells the reader what to do.
struct Problem {
  int status = 500;
  std::string title{};
  std::string detail{};
  std::string hint{};
  std::string type = "about:blank";
  std::vector<FieldError> errors{};
  std::optional<int> retry_after_s{};
};

namespace respond {

// `body` is a finished JSON document.
[[nodiscard]] Response json(std::string body, int status = 200);
[[nodiscard]] Response text(std::string body, int status = 200);
[[nodiscard]] Response bytes(std::string body, std::string_view content_type, int status = 200);
[[nodiscard]] Response stream(Response::Pull pull, std::string_view content_type);
[[nodiscard]] Response no_content();
// application/problem+json; instance is the request's path, request_id its id.
[[nodiscard]] Response problem(const Request& request, const Problem& problem);
[[nodiscard]] Response not_modified(std::string_view etag);

}  // namespace respond

// Does If-None-Match name this entity tag? Weak comparison, as RFC 9110 asks for.
[[nodiscard]] bool etag_matches(const Request& request, std::string_view etag) noexcept;

// "Not Found"; "Unknown" for numbers that we do not know.
[[nodiscard]] std::string_view status_name(int status) noexcept;

}  // namespace backtrail::api
