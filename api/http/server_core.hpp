// What all connections of one server share: options, routes, pools, budgets, counters.
//
// Made by Server before its threads start and destroyed after they are joined; in between only the atomics, the
// budgets, the pools and the TLS context change, each with its own protection.
#pragma once
#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "api/http/admission.hpp"
#include "api/http/head.hpp"
#include "api/http/router.hpp"
#include "api/http/server.hpp"

namespace backtrail::api {

// Ids that are unique within a process and, by the random start, in practice between processes.
class RequestIds {
 public:
  RequestIds();
  [[nodiscard]] std::string next();

 private:
  std::string prefix_;
  std::atomic<std::uint64_t> counter_{0};
};

struct ServerCore {
  ServerCore(ServerOptions given, Router table);

  [[nodiscard]] std::shared_ptr<boost::asio::ssl::context> tls_context() const {
    const std::lock_guard lock(tls_mutex);
    return tls;
  }
  void set_tls_context(std::shared_ptr<boost::asio::ssl::context> context) {
    const std::lock_guard lock(tls_mutex);
    tls = std::move(context);
  }
  [[nodiscard]] bool is_trusted_proxy(std::string_view address) const noexcept;

  const ServerOptions options;
  const Router router;
  const HeadLimits head_limits;
  boost::asio::thread_pool workers;
  boost::asio::thread_pool ingest_workers;
  std::shared_ptr<ConnectionLimiter> limiter;
  std::shared_ptr<BodyBudget> budget;
  RequestIds ids;
  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> accepted_total{0};
  std::atomic<std::uint64_t> refused_total{0};
  std::atomic<std::uint64_t> heads_refused_total{0};

 private:
  mutable std::mutex tls_mutex;
  std::shared_ptr<boost::asio::ssl::context> tls;
};

}  // namespace backtrail::api
