// The bytes of a response: status line, headers, chunk frames. Pure, thread-safe.
//
// Every response leaves through here, so this is where the headers that protect the page and the evidence are added:
// X-Content-Type-Options, Cache-Control: no-store unless the handler chose otherwise, and for HTML a policy that lets
// nothing but our own files run.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/http/response.hpp"

namespace backtrail::api {

enum class BodyFraming : std::uint8_t {
  kLength,      // Content-Length
  kChunked,     // Transfer-Encoding: chunked
  kUntilClose,  // HTTP/1.0 and a length not known
  kNone         // 204, 304: no body and no length
};

struct WriteContext {
  std::string_view request_id;
  bool keep_alive = true;
  bool http_1_0 = false;
  bool strict_transport_security = false;
};

[[nodiscard]] BodyFraming body_framing(const Response& response, bool http_1_0) noexcept;

// Status line and headers, with the empty line.
[[nodiscard]] std::string serialise_head(const Response& response, const WriteContext& context);

// "1f\r\n": what goes before `bytes` bytes of a chunk; "\r\n" goes after them.
[[nodiscard]] std::string chunk_header(std::size_t bytes);
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

inline constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri "
    "'none'; "
    "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";

}  // namespace backtrail::api
