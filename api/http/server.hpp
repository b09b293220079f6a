// The HTTP server: give it options and a table of routes, start it, stop it.
//
// Connections are coroutines on a few I/O threads; handlers run on worker pools (see RunOn). start() returns when the
// port is bound and throws std::runtime_error with a sentence saying what to change if it can not serve. stop() takes
// no new connections, lets requests in flight finish within a grace period, closes what is left and joins every thread;
// it waits for handlers that are still blocking, whose time is bounded by their own database timeout. Not copyable;
// start, stop and the destructor are for one thread, the other functions for any.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/limits.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "api/http/router.hpp"
#include "api/http/tls.hpp"

namespace backtrail::api {

// What is known about a request once its answer is out; for metrics. The views are valid during the call only.
struct RequestRecord {
  std::string_view route;   // the pattern; empty if none matched
  std::string_view method;  // empty if the head was refused
  int status = 0;           // 0: the peer was gone before an answer
  double seconds = 0;       // from the end of the head to the end of the answer
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // an IP address or "localhost"
  std::uint16_t port = 0;             // 0: any free port, returned by start()
  unsigned io_threads = 2;
  unsigned worker_threads = 8;
  unsigned ingest_threads = 4;
  Limits limits{};

  std::optional<TlsFiles> tls{};
  // Plain HTTP is served on loopback only, unless a reverse proxy elsewhere ends TLS and this says so.
  bool allow_plain_http_on_any_address = false;
  // Tell browsers to come by HTTPS only (with TLS of ours).
  bool strict_transport_security = true;

  // Names (without port) that requests may be addressed to; empty: any. Closes DNS rebinding on a local page.
  std::vector<std::string> allowed_hosts{};
  // Addresses of reverse proxies: their X-Forwarded-For is believed and they have no limit per address.
  std::vector<std::string> trusted_proxies{};
  // Paths where heads of kLargeHeadBytesMax are accepted.
  std::vector<std::string> large_head_prefixes = {"/ingest/firehose"};

  // Asked on a worker of the route's pool, before the body is read, for every route with an auth requirement: may put
  // the caller into Request::principal and return nothing, or return the answer that refuses. Exceptions refuse (500).
  std::function<std::optional<Response>(Request&, std::string_view requirement)> authorise{};
  // Called on an I/O thread after every answer, so it must be quick; it must not throw.
  std::function<void(const RequestRecord&)> on_request{};
};

struct ServerStats {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted_total = 0;
  std::uint64_t connections_refused_total = 0;  // over the limit, in all or for one address
  std::uint64_t heads_refused_total = 0;        // by the gate
  std::uint64_t body_bytes_in_flight = 0;
};

class Server {
 public:
  Server(ServerOptions options, Router router);
  ~Server();  // stop() without grace, if it still runs
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t start();
  void stop(std::chrono::milliseconds grace = kStopGrace);

  // Reads certificate and key again, for new connections. Throws like start() and then keeps the old ones.
  void reload_certificate();

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] const Router& router() const noexcept;
  [[nodiscard]] ServerStats stats() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace backtrail::api
