#include "api/http/access_log.hpp"

#include <spdlog/spdlog.h>
#include <string>

#include "api/http/text.hpp"

namespace backtrail::api::access_log {
namespace {

// The path as sent, escaped; of the query only that there was one.
std::string loggable(std::string_view target) {
  const std::size_t question = target.find('?');
  std::string out = escape_for_log(target.substr(0, question));
  if (question != std::string_view::npos) out += "?...";
  return out;
}

}  // namespace

void request_done(const RequestRecord& record, std::string_view target, std::string_view request_id,
                  std::string_view remote_address) {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  spdlog::debug("http request method={} target={} route={} status={} seconds={:.6f} in={} out={} remote={} id={}",
                record.method, loggable(target), record.route, record.status, record.seconds, record.bytes_in,
                record.bytes_out, remote_address, request_id);
}

void handler_failed(std::string_view route, std::string_view request_id, std::string_view reason) {
  spdlog::error("http handler failed route={} id={} reason={}", route, request_id, escape_for_log(reason));
}

void deadline_missed(std::string_view route, std::string_view request_id) {
  spdlog::warn("http deadline missed route={} id={}", route, request_id);
}

void head_refused(std::string_view reason, std::string_view request_id, std::string_view remote_address) {
  spdlog::debug("http head refused remote={} id={} reason={}", remote_address, request_id, reason);
}

void connection_failed(std::string_view reason) {
  spdlog::error("http connection ended by an exception reason={}", escape_for_log(reason));
}

void accept_failed(std::string_view reason) {
  spdlog::warn("http accept failed reason={}", escape_for_log(reason));
}

void few_descriptors(std::uint64_t allowed, std::uint64_t needed) {
  spdlog::warn(
      "http server may open {} files but its connection limit needs {}; raise the limit (ulimit -n, or "
      "LimitNOFILE in the unit) or lower the number of connections",
      allowed, needed);
}

void started(std::string_view address, unsigned port, bool tls) {
  spdlog::info("http server listens address={} port={} tls={}", escape_for_log(address), port, tls);
}

void stopped(bool everything_finished) {
  if (everything_finished) {
    spdlog::info("http server stopped, every request was answered");
  } else {
    spdlog::warn("http server stopped, requests beyond the grace period were cut off");
  }
}

}  // namespace backtrail::api::access_log
