#include "api/http/gate.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "api/http/request.hpp"
#include "api/http/text.hpp"

namespace backtrail::api {
namespace {

using Verdict = std::optional<Refusal>;  // nothing: this rule has no objection

// A second one of these would let two programs see two different requests or two different senders.
constexpr std::array<std::string_view, 13> kOnlyOnce = {"Host",
                                                        "Authorization",
                                                        "X-Api-Key",
                                                        "X-Amz-Firehose-Access-Key",
                                                        "X-Amz-Firehose-Request-Id",
                                                        "X-Amz-Firehose-Source-Arn",
                                                        "Content-Length",
                                                        "Transfer-Encoding",
                                                        "Content-Type",
                                                        "Content-Encoding",
                                                        "Expect",
                                                        "Origin",
                                                        "Cookie"};

const HeaderField* find(const Head& head, std::string_view name) {
  for (const HeaderField& field : head.fields) {
    if (equal_ignore_case(field.name, name)) return &field;
  }
  return nullptr;
}

Verdict check_request_line(const Head& head) {
  if (head.version != "HTTP/1.1" && head.version != "HTTP/1.0") {
    return Refusal{505, "The protocol version is not supported.", "Use HTTP/1.1."};
  }
  if (head.method == "CONNECT") return Refusal{400, "CONNECT is not served.", "This server is not a proxy."};
  if (!parse_method(head.method)) return Refusal{501, "The method is not known here.", {}};
  if (head.target.size() > kTargetBytesMax) return Refusal{414, "The target is too long.", "Shorten the URL."};
  if (head.target.empty() || head.target.front() != '/') {
    return Refusal{400, "The target does not begin with a slash.", "Send the path only, without scheme and host."};
  }
  const bool printable =
      std::all_of(head.target.begin(), head.target.end(), [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
  if (!printable) {
    return Refusal{400, "The target holds a character that a URL must not hold.", "Percent-encode it."};
  }
  return std::nullopt;
}

Verdict check_fields(const Head& head) {
  if (head.fields.size() > kHeaderFieldsMax) return Refusal{431, "There are too many header fields.", {}};
  std::array<std::size_t, kOnlyOnce.size()> seen{};
  for (const HeaderField& field : head.fields) {
    if (!is_token(field.name)) return Refusal{400, "A header name is malformed.", {}};
    if (!is_field_value(field.value)) return Refusal{400, "A header value holds a control character.", {}};
    for (std::size_t i = 0; i < kOnlyOnce.size(); ++i) {
      if (equal_ignore_case(field.name, kOnlyOnce[i]) && ++seen[i] > 1) {
        return Refusal{400, "A header that may appear once appears twice.", "Send one of each."};
      }
    }
  }
  if (find(head, "Upgrade") != nullptr) {
    return Refusal{400, "Protocol upgrades are not served.", "Switch off HTTP/2 and WebSocket upgrades."};
  }
  return std::nullopt;
}

// Letters, digits, dots, hyphens, underscores; brackets and colons for IPv6 and ports.
Verdict check_host(const Head& head) {
  const HeaderField* host = find(head, "Host");
  if (host == nullptr) return Refusal{400, "The Host header is missing.", {}};
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == ':' || c == '[' || c == ']';
  };
  if (host->value.empty() || host->value.size() > kHostBytesMax ||
      !std::all_of(host->value.begin(), host->value.end(), allowed)) {
    return Refusal{400, "The Host header is malformed.", {}};
  }
  return std::nullopt;
}

Verdict check_transfer_encoding(const Head& head, Framing& framing) {
  const HeaderField* field = find(head, "Transfer-Encoding");
  if (field == nullptr) return std::nullopt;
  if (framing.http_1_0) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding.", "Use HTTP/1.1."};
  if (find(head, "Content-Length") != nullptr) {
    return Refusal{400, "Transfer-Encoding and Content-Length exclude each other.", {}};
  }
  if (!equal_ignore_case(field->value, "chunked")) {
    return Refusal{400, "The only Transfer-Encoding served is chunked.", "Compress with Content-Encoding."};
  }
  framing.chunked = true;
  return std::nullopt;
}

Verdict check_content_length(const Head& head, Framing& framing) {
  const HeaderField* field = find(head, "Content-Length");
  if (field == nullptr) return std::nullopt;
  constexpr std::size_t digits_max = 18;  // below 2^63 whatever the digits are
  const std::string_view text = field->value;
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (text.empty() || text.size() > digits_max || !digits) {
    return Refusal{400, "Content-Length is not one plain number.", {}};
  }
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  framing.content_length = value;
  return std::nullopt;
}

Verdict check_expect(const Head& head, Framing& framing) {
  const HeaderField* field = find(head, "Expect");
  if (field == nullptr) return std::nullopt;
  if (!equal_ignore_case(field->value, "100-continue")) {
    return Refusal{417, "The only expectation served is 100-continue.", {}};
  }
  framing.expect_continue = !framing.http_1_0;
  return std::nullopt;
}

Verdict check_connection(const Head& head, Framing& framing) {
  framing.keep_alive = !framing.http_1_0;
  for (const HeaderField& field : head.fields) {
    const bool ours = equal_ignore_case(field.name, "Connection");
    if (!ours && !equal_ignore_case(field.name, "Proxy-Connection")) continue;
    for (const std::string_view option : split_list(field.value)) {
      if (!is_token(option)) return Refusal{400, "The Connection header is malformed.", {}};
      if (ours && equal_ignore_case(option, "close")) framing.keep_alive = false;
    }
  }
  return std::nullopt;
}

}  // namespace

std::variant<Framing, Refusal> check_head(const Head& head) {
  Framing framing;
  framing.http_1_0 = head.version == "HTTP/1.0";
  if (const auto refusal = check_request_line(head)) return *refusal;
  if (const auto refusal = check_fields(head)) return *refusal;
  if (const auto refusal = check_host(head)) return *refusal;
  if (const auto refusal = check_transfer_encoding(head, framing)) return *refusal;
  if (const auto refusal = check_content_length(head, framing)) return *refusal;
  if (const auto refusal = check_expect(head, framing)) return *refusal;
  if (const auto refusal = check_connection(head, framing)) return *refusal;
  return framing;
}

}  // namespace backtrail::api
