#include "api/doors/door.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>

#include "schema/core/hash.hpp"
#include "schema/core/time.hpp"

namespace backtrail::api {

ingest::Delivery delivery_of(const Request& request, const char* door, const Caller& caller, std::string body) {
  ingest::Delivery delivery;
  delivery.id.bytes = schema::random_hash_key().bytes;
  delivery.door = door;
  delivery.key_id = caller.key_id;
  delivery.origin = "request " + request.request_id;
  delivery.body = std::move(body);
  delivery.lease = request.body_lease;
  delivery.scope = caller.scope;
  delivery.received_us = schema::now_us();
  return delivery;
}

std::string sender_text(std::string_view text) {
  std::string out(text.substr(0, kSenderTextBytesMax));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return out;
}

Problem no_body() {
  return {.status = 400, .detail = "The request has no body.", .hint = "Look for a proxy that drops it."};
}

Problem not_stored(const schema::Error& error, const Request& request) {
  spdlog::warn("request {}: nothing was stored: {}", request.request_id, error.detail);
  return {.status = 503,
          .detail = "Nothing of this was stored: the warehouse is busy or without its database.",
          .hint = "Send it again in a few seconds.",
          .retry_after_s = kDoorRetryAfter_s};
}

Problem retriable(Problem problem) {
  if (problem.status != 408) return problem;
  problem.status = 503;
  problem.title.clear();
  problem.retry_after_s = kDoorRetryAfter_s;
  return problem;
}

}  // namespace backtrail::api
