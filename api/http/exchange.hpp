// One request and its answer while they pass through a session; private to session*.cpp.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "api/http/body_decoder.hpp"
#include "api/http/client_address.hpp"
#include "api/http/gate.hpp"
#include "api/http/session.hpp"
#include "api/http/target.hpp"

namespace backtrail::api {

struct Session::Exchange {
  std::string head_block;  // `head` points into it
  Head head;
  Framing framing;
  Refusal refusal;
  // Shared, because a handler that missed its deadline may still be reading it.
  std::shared_ptr<Request> request = std::make_shared<Request>();
  const Route* route = nullptr;
  std::unique_ptr<BodyDecoder> decoder;
  std::shared_ptr<BodyLease> lease;
  bool authorised = false;
  bool body_complete = false;
  bool peer_gone = false;  // no answer can reach it
  int status = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  [[nodiscard]] Problem refusal_problem() const {
    return {.status = refusal.status, .detail = std::string(refusal.reason), .hint = std::string(refusal.hint)};
  }
  [[nodiscard]] Problem too_large() const {
    return {.status = 413,
            .detail = "The body is larger than " + std::to_string(route->options.body_limit_bytes) + " bytes.",
            .hint = "Send it in smaller parts."};
  }
};

}  // namespace backtrail::api
