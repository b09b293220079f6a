// The gate: decides from version, method, target and header list alone whether a request may be read any further.
//
// Why: request smuggling lives in heads that two programs frame differently, and Boost.Beast 1.81 accepts several of
// them (Transfer-Encoding other than chunked, chunked in HTTP/1.0, repeated Host or Authorization, "Content-Length: 5,
// 5"). The rules are stricter than RFC 9112 wherever no sender of ours needs the freedom. After a refusal the session
// answers once and closes; it never reads a second request from that connection. Pure and thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <variant>

#include "api/http/head.hpp"

namespace backtrail::api {

// How an accepted request is framed.
struct Framing {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;        // false for HTTP/1.0 and for Connection: close
  bool http_1_0 = false;         // the answer must not be chunked
  bool expect_continue = false;  // the client waits for 100 before it sends the body

  [[nodiscard]] bool has_body() const noexcept { return chunked || content_length.value_or(0) > 0; }
};

[[nodiscard]] std::variant<Framing, Refusal> check_head(const Head& head);

}  // namespace backtrail::api
