#include "api/http/response_writer.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "api/http/text.hpp"

namespace backtrail::api {
namespace {

// Ours to decide, whatever the handler says.
constexpr std::array<std::string_view, 7> kOwned = {
    "Content-Length", "Transfer-Encoding", "Connection", "Date", "X-Request-Id", "Server", "X-Content-Type-Options"};

bool is_owned(std::string_view name) {
  return std::any_of(kOwned.begin(), kOwned.end(),
                     [name](std::string_view own) { return equal_ignore_case(own, name); });
}

void add_line(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

const std::string& date_now() {
  thread_local std::time_t of = -1;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != of) {
    of = now;
    text = http_date(now);
  }
  return text;
}

bool is_html(const Response& response) {
  const auto type = response.headers.find("Content-Type");
  return type && type->size() >= 9 && equal_ignore_case(type->substr(0, 9), "text/html");
}

void add_default(std::string& out, const Response& response, std::string_view name, std::string_view value) {
  if (!response.headers.contains(name)) add_line(out, name, value);
}

void add_protection(std::string& out, const Response& response, const WriteContext& context) {
  add_line(out, "X-Content-Type-Options", "nosniff");
  add_default(out, response, "Cache-Control", "no-store");
  add_default(out, response, "Cross-Origin-Resource-Policy", "same-origin");
  if (is_html(response)) {
    add_default(out, response, "Content-Security-Policy", kPagePolicy);
    add_default(out, response, "Referrer-Policy", "no-referrer");
    add_default(out, response, "Cross-Origin-Opener-Policy", "same-origin");
  }
  if (context.strict_transport_security) {
    add_default(out, response, "Strict-Transport-Security", "max-age=31536000");
  }
}

}  // namespace

BodyFraming body_framing(const Response& response, bool http_1_0) noexcept {
  if (response.status == 204 || response.status == 304) return BodyFraming::kNone;
  if (!response.pull) return BodyFraming::kLength;
  return http_1_0 ? BodyFraming::kUntilClose : BodyFraming::kChunked;
}

std::string serialise_head(const Response& response, const WriteContext& context) {
  std::string out;
  out.reserve(512);
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += status_name(response.status);
  out += "\r\n";
  add_line(out, "Date", date_now());
  for (const Headers::Field& field : response.headers) {
    if (!is_owned(field.name)) add_line(out, field.name, field.value);
  }
  switch (body_framing(response, context.http_1_0)) {
    case BodyFraming::kLength:
      add_line(out, "Content-Length", std::to_string(response.body.size()));
      break;
    case BodyFraming::kChunked:
      add_line(out, "Transfer-Encoding", "chunked");
      break;
    case BodyFraming::kUntilClose:
    case BodyFraming::kNone:
      break;
  }
  add_line(out, "X-Request-Id", context.request_id);
  add_protection(out, response, context);
  if (!context.keep_alive) add_line(out, "Connection", "close");
  out += "\r\n";
  return out;
}

std::string chunk_header(std::size_t bytes) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%zx\r\n", bytes);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace backtrail::api
