#include "api/http/listener.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <stdexcept>
#include <utility>

#include "api/http/access_log.hpp"
#include "api/http/text.hpp"

namespace backtrail::api {

namespace asio = boost::asio;
using asio::awaitable;
using asio::redirect_error;
using asio::use_awaitable;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kAcceptPause{100};  // out of file descriptors: let some connections end

std::string reason_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "unknown exception";
  }
}

asio::ip::address unmapped(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address;
}

std::string key_of(const asio::ip::address& address) {
  std::string bytes;
  if (address.is_v4()) {
    for (const auto byte : address.to_v4().to_bytes()) bytes.push_back(static_cast<char>(byte));
  } else {
    for (const auto byte : address.to_v6().to_bytes()) bytes.push_back(static_cast<char>(byte));
  }
  return connection_key(bytes);
}

}  // namespace

void IoThread::run() {
  for (;;) {
    try {
      context.run();
      return;
    } catch (const std::exception& failure) {
      access_log::connection_failed(failure.what());
    }
  }
}

void IoThread::start_session(std::shared_ptr<Session> session, const ServerCore& core) {
  asio::post(context, [this, session = std::move(session), &core]() {
    if (core.stopping.load()) return;
    sessions.insert(session);
    asio::co_spawn(context, session->run(), [this, session](const std::exception_ptr& failure) {
      if (failure) access_log::connection_failed(reason_of(failure));
      session->abort();
      sessions.erase(session);
    });
  });
}

void IoThread::drain_all() {
  asio::post(context, [this]() {
    for (const auto& session : sessions) session->drain();
  });
}

void IoThread::abort_all() {
  asio::post(context, [this]() {
    for (const auto& session : sessions) session->abort();
  });
}

asio::ip::address listen_address(const ServerOptions& options) {
  const std::string text = options.address == "localhost" ? "127.0.0.1" : options.address;
  error_code error;
  asio::ip::address address = asio::ip::make_address(text, error);
  if (error) {
    throw std::runtime_error("listen address " + escape_for_log(options.address, 64) +
                             " is not an IP address. Use for example 127.0.0.1, 0.0.0.0 or ::.");
  }
  if (!options.tls && !address.is_loopback() && !options.allow_plain_http_on_any_address) {
    throw std::runtime_error("plain HTTP is served on loopback only, and " + text +
                             " is not loopback. Give a TLS certificate and key, or allow plain HTTP explicitly if a "
                             "reverse proxy in front of this server ends TLS.");
  }
  return address;
}

Listener::Listener(ServerCore& core, std::vector<std::unique_ptr<IoThread>>& threads)
    : core_(core), threads_(threads), acceptor_(threads.front()->context), pause_(threads.front()->context) {}

std::uint16_t Listener::open() {
  const tcp::endpoint endpoint(listen_address(core_.options), core_.options.port);
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) acceptor_.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    throw std::runtime_error("can not listen on " + core_.options.address + " port " +
                             std::to_string(core_.options.port) + ": " + error.message() +
                             ". Choose another port, or stop the program that uses it.");
  }
  return acceptor_.local_endpoint().port();
}

void Listener::start() {
  asio::co_spawn(threads_.front()->context, run(), [](const std::exception_ptr& failure) {
    if (failure) access_log::accept_failed(reason_of(failure));
  });
}

void Listener::close() {
  asio::post(threads_.front()->context, [this]() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  });
}

awaitable<void> Listener::run() {
  while (acceptor_.is_open()) {
    IoThread& thread = *threads_[next_++ % threads_.size()];
    error_code error;
    tcp::socket socket = co_await acceptor_.async_accept(asio::any_io_executor(thread.context.get_executor()),
                                                         redirect_error(use_awaitable, error));
    if (!acceptor_.is_open()) break;
    if (!error) {
      failing_ = false;
      take(std::move(socket), thread);
      continue;
    }
    if (error == asio::error::connection_aborted) continue;
    if (!failing_) access_log::accept_failed(error.message());
    failing_ = true;
    pause_.expires_after(kAcceptPause);
    co_await pause_.async_wait(redirect_error(use_awaitable, error));
  }
}

void Listener::take(tcp::socket socket, IoThread& thread) {
  error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return;  // gone already
  const asio::ip::address address = unmapped(peer.address());
  const std::string text = address.to_string();
  auto ticket = core_.limiter->admit(key_of(address), !core_.is_trusted_proxy(text));
  if (!ticket) {
    core_.refused_total.fetch_add(1, std::memory_order_relaxed);
    return;  // the socket closes as it goes
  }
  core_.accepted_total.fetch_add(1, std::memory_order_relaxed);
  auto connection = std::make_shared<Connection>(std::move(socket), core_.tls_context());
  thread.start_session(std::make_shared<Session>(core_, std::move(connection), std::move(ticket), text), core_);
}

}  // namespace backtrail::api
