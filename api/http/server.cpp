#include "api/http/server.hpp"

#include <algorithm>
#include <malloc.h>
#include <stdexcept>
#include <sys/resource.h>
#include <utility>

#include "api/http/access_log.hpp"
#include "api/http/listener.hpp"
#include "api/http/server_core.hpp"

namespace backtrail::api {
namespace {

constexpr std::chrono::milliseconds kAbortPatience{5'000};  // for connections to notice that their sockets are closed
constexpr rlim_t kOtherDescriptors = 256;                   // database connections, spool files, ourselves

// A login shell allows 1,024 open files, fewer than our connections. Raising the soft limit needs no privilege.
void make_room_for(std::size_t connections) {
  const rlim_t needed = static_cast<rlim_t>(connections) + kOtherDescriptors;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return;
  limit.rlim_cur = std::min(needed, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < needed) access_log::few_descriptors(limit.rlim_cur, needed);
}

// Left alone, glibc raises both with the largest block that was freed: after one upload, each of its arenas may keep
// 64 MiB of free memory for good, and what a body takes is no longer what the limits count.
void give_freed_bodies_back() {
  mallopt(M_MMAP_THRESHOLD, static_cast<int>(kMappedBlockBytesMin));
  mallopt(M_TRIM_THRESHOLD, static_cast<int>(kFreeBytesKeptMax));
}

}  // namespace

struct Server::Impl {
  Impl(ServerOptions options, Router router) : core(std::move(options), std::move(router)) {}

  // The order matters: sessions refer to the core, and die with their io_context.
  ServerCore core;
  std::vector<std::unique_ptr<IoThread>> threads;
  std::unique_ptr<Listener> listener;
  std::uint16_t port = 0;
  bool running = false;
};

Server::Server(ServerOptions options, Router router)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(router))) {}

Server::~Server() {
  stop(std::chrono::milliseconds(0));
}

std::uint16_t Server::start() {
  ServerCore& core = impl_->core;
  if (impl_->listener) throw std::logic_error("a server starts once");
  for (const auto& route : core.router.routes()) {
    if (!route->options.auth.empty() && !core.options.authorise) {
      throw std::runtime_error("route " + route->pattern +
                               " needs authorisation but the server has no authorise callback");
    }
  }
  if (core.options.tls) core.set_tls_context(make_tls_context(*core.options.tls));
  make_room_for(core.options.limits.connections);
  give_freed_bodies_back();
  impl_->threads.clear();  // of a start that failed
  for (unsigned i = 0; i < std::max(1U, core.options.io_threads); ++i) {
    impl_->threads.push_back(std::make_unique<IoThread>());
  }
  auto listener = std::make_unique<Listener>(core, impl_->threads);
  impl_->port = listener->open();
  impl_->listener = std::move(listener);
  impl_->listener->start();
  for (auto& thread : impl_->threads) {
    thread->thread = std::thread([io = thread.get()]() { io->run(); });
  }
  impl_->running = true;
  access_log::started(core.options.address, impl_->port, core.options.tls.has_value());
  return impl_->port;
}

void Server::stop(std::chrono::milliseconds grace) {
  if (!impl_->running) return;
  impl_->running = false;
  ServerCore& core = impl_->core;
  core.stopping.store(true);
  impl_->listener->close();
  for (auto& thread : impl_->threads) thread->drain_all();
  const bool finished = core.limiter->wait_until_none(std::chrono::steady_clock::now() + grace);
  if (!finished) {
    for (auto& thread : impl_->threads) thread->abort_all();
    core.limiter->wait_until_none(std::chrono::steady_clock::now() + kAbortPatience);
  }
  // Workers first: what they answer now goes into slots that nobody waits for.
  core.workers.join();
  core.ingest_workers.join();
  for (auto& thread : impl_->threads) {
    thread->work.reset();
    thread->context.stop();
  }
  for (auto& thread : impl_->threads) thread->thread.join();
  access_log::stopped(finished);
}

void Server::reload_certificate() {
  if (impl_->core.options.tls) impl_->core.set_tls_context(make_tls_context(*impl_->core.options.tls));
}

std::uint16_t Server::port() const noexcept {
  return impl_->port;
}

const Router& Server::router() const noexcept {
  return impl_->core.router;
}

ServerStats Server::stats() const noexcept {
  const ServerCore& core = impl_->core;
  ServerStats out;
  out.connections_open = core.limiter->open();
  out.connections_accepted_total = core.accepted_total.load();
  out.connections_refused_total = core.refused_total.load();
  out.heads_refused_total = core.heads_refused_total.load();
  out.body_bytes_in_flight = core.budget->used();
  return out;
}

}  // namespace backtrail::api
