// What a handler sees of an HTTP request: our own plain struct, nothing of Beast or Asio.
//
// By the time a handler runs, the gate has accepted the head, the path has been decoded exactly once, the body is
// complete and within the route's limit. Handlers get it const; it lives until the last shared_ptr to it goes, so an
// asynchronous door may keep it instead of copying a body of 64 MiB. The text in it was written by the peer: it is
// valid UTF-8 in path and query, arbitrary bytes in headers and body.
#pragma once
#include <any>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http/headers.hpp"

namespace backtrail::api {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };
inline constexpr std::size_t kMethodCount = 7;

[[nodiscard]] std::string_view method_name(Method method) noexcept;
// Nothing for methods that this server does not speak (TRACE, CONNECT, PROPFIND, lower case, ...).
[[nodiscard]] std::optional<Method> parse_method(std::string_view name) noexcept;

struct QueryParameter {
  std::string name;
  std::string value;
};

struct PathParameter {
  std::string name;
  std::string value;
};

struct Request {
  using Clock = std::chrono::steady_clock;

  Method method = Method::kGet;
  std::string target;                 // as sent: what a signature covers
  std::string path;                   // decoded once; never contains "//", "." or ".." segments or a NUL
  std::vector<QueryParameter> query;  // decoded once, in order, repeated names kept
  std::vector<PathParameter> path_parameters;
  Headers headers;  // of the head only: trailer fields of a chunked body are dropped
  mutable std::string body;
  std::string remote_address;  // without the port
  std::string request_id;
  std::string route;                // the pattern that matched, e.g. /api/v1/findings/{id}
  bool secure = false;              // came over TLS of ours
  Clock::time_point received_at{};  // when the head was complete
  Clock::time_point deadline{};     // after it the session answers 503 by itself

  // Who asks: whatever the authorise callback of the server put here (see ServerOptions::authorise).
  std::any principal;
  // Gives back the body's share of the server's in-flight budget when the request goes.
  std::shared_ptr<const void> body_lease;

  // For a door that hands the body on: 64 MiB are not copied. Nothing is left; the lease goes where the body goes.
  [[nodiscard]] std::string take_body() const { return std::exchange(body, {}); }

  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept {
    return headers.find(name);
  }
  // The first query parameter of that name.
  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const noexcept;
  [[nodiscard]] std::vector<std::string_view> query_values(std::string_view name) const;
  // The value of {name} in the route's pattern; empty when the pattern has no such name.
  [[nodiscard]] std::string_view path_parameter(std::string_view name) const noexcept;
  // The media type of Content-Type, without its parameters.
  [[nodiscard]] std::string_view content_type() const noexcept;
};

}  // namespace backtrail::api
