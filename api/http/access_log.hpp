// What the HTTP server writes into the log, in one place, so that one file decides how a peer's text is made harmless.
//
// Query values, bodies and header values are never logged: they may hold keys and evidence. Thread-safe.
#pragma once
#include <cstdint>
#include <string_view>

#include "api/http/server.hpp"

namespace backtrail::api::access_log {

// One line at debug level for every request.
void request_done(const RequestRecord& record, std::string_view target, std::string_view request_id,
                  std::string_view remote_address);
// The reason of a 500, which the client does not get to see.
void handler_failed(std::string_view route, std::string_view request_id, std::string_view reason);
void deadline_missed(std::string_view route, std::string_view request_id);
void head_refused(std::string_view reason, std::string_view request_id, std::string_view remote_address);
void connection_failed(std::string_view reason);
void accept_failed(std::string_view reason);
void few_descriptors(std::uint64_t allowed, std::uint64_t needed);
void started(std::string_view address, unsigned port, bool tls);
void stopped(bool everything_finished);

}  // namespace backtrail::api::access_log
