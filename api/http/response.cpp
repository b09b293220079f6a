#include "api/http/response.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "api/http/text.hpp"

namespace backtrail::api {
namespace {

std::string_view without_weak_mark(std::string_view etag) noexcept {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

std::string_view raw_path(const Request& request) noexcept {
  const std::string_view target = request.target;
  return target.substr(0, target.find('?'));
}

}  // namespace

namespace respond {

Response bytes(std::string body, std::string_view content_type, int status) {
  Response out;
  out.status = status;
  out.headers.add("Content-Type", content_type);
  out.body = std::move(body);
  return out;
}

Response json(std::string body, int status) {
  return bytes(std::move(body), "application/json", status);
}

Response text(std::string body, int status) {
  return bytes(std::move(body), "text/plain; charset=utf-8", status);
}

Response stream(Response::Pull pull, std::string_view content_type) {
  Response out;
  out.headers.add("Content-Type", content_type);
  out.pull = std::move(pull);
  return out;
}

Response no_content() {
  Response out;
  out.status = 204;
  return out;
}

Response problem(const Request& request, const Problem& problem) {
  // The order of the members is part of being readable, so the ordered kind of object.
  nlohmann::ordered_json document;
  document["type"] = problem.type;
  document["title"] = problem.title.empty() ? std::string(status_name(problem.status)) : problem.title;
  document["status"] = problem.status;
  if (!problem.detail.empty()) document["detail"] = problem.detail;
  if (!problem.hint.empty()) document["hint"] = problem.hint;
  if (!request.target.empty()) document["instance"] = raw_path(request);
  document["request_id"] = request.request_id;
  if (!problem.errors.empty()) {
    auto& errors = document["errors"] = nlohmann::ordered_json::array();
    for (const FieldError& error : problem.errors) {
      errors.push_back({{"parameter", error.parameter}, {"message", error.message}});
    }
  }
  // Details may quote the peer: what is not UTF-8 is replaced, never a reason to throw.
  std::string body = document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  Response out = bytes(std::move(body), "application/problem+json", problem.status);
  if (problem.retry_after_s) out.headers.add("Retry-After", std::to_string(*problem.retry_after_s));
  return out;
}

Response not_modified(std::string_view etag) {
  Response out;
  out.status = 304;
  out.headers.add("ETag", etag);
  return out;
}

}  // namespace respond

bool etag_matches(const Request& request, std::string_view etag) noexcept {
  for (const Headers::Field& field : request.headers) {
    if (!equal_ignore_case(field.name, "If-None-Match")) continue;
    std::string_view rest = field.value;
    // Not split_list: an entity tag may contain a comma between its quotes.
    while (!(rest = trim_space(rest)).empty()) {
      if (rest.front() == '*') return true;
      if (rest.front() == ',') {
        rest.remove_prefix(1);
        continue;
      }
      const std::size_t open = rest.find('"');
      const std::size_t close = open == std::string_view::npos ? open : rest.find('"', open + 1);
      if (close == std::string_view::npos) break;
      if (without_weak_mark(rest.substr(0, close + 1)) == without_weak_mark(etag)) return true;
      rest.remove_prefix(close + 1);
    }
  }
  return false;
}

std::string_view status_name(int status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

}  // namespace backtrail::api
