#include "api/http/connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace backtrail::api {

namespace asio = boost::asio;
using asio::awaitable;
using asio::redirect_error;
using asio::use_awaitable;

struct Connection::Tls {
  std::shared_ptr<asio::ssl::context> context;
  asio::ssl::stream<asio::ip::tcp::socket&> stream;
};

Connection::Connection(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> tls)
    : socket_(std::move(socket)), timer_(socket_.get_executor()) {
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  if (tls) {
    asio::ssl::context& context = *tls;
    tls_ = std::unique_ptr<Tls>(new Tls{std::move(tls), asio::ssl::stream<asio::ip::tcp::socket&>(socket_, context)});
  }
}

Connection::~Connection() = default;

void Connection::arm(TimePoint deadline) {
  timed_out_ = false;
  ++operation_;
  timer_.expires_at(deadline);
  timer_.async_wait([weak = weak_from_this(), operation = operation_](ErrorCode error) {
    if (error) return;
    const auto self = weak.lock();
    if (!self || self->operation_ != operation) return;
    self->timed_out_ = true;
    ErrorCode ignored;
    self->socket_.cancel(ignored);
  });
}

Connection::ErrorCode Connection::disarm(ErrorCode error) {
  ++operation_;
  timer_.cancel();
  if (error && timed_out_) return asio::error::timed_out;
  return error;
}

awaitable<Connection::ErrorCode> Connection::handshake(TimePoint deadline) {
  ErrorCode error;
  if (!tls_) co_return error;
  arm(deadline);
  co_await tls_->stream.async_handshake(asio::ssl::stream_base::server, redirect_error(use_awaitable, error));
  co_return disarm(error);
}

awaitable<Connection::Got> Connection::read_some(char* data, std::size_t size, TimePoint deadline) {
  Got got;
  const asio::mutable_buffer buffer(data, size);
  arm(deadline);
  if (tls_) {
    got.bytes = co_await tls_->stream.async_read_some(buffer, redirect_error(use_awaitable, got.error));
  } else {
    got.bytes = co_await socket_.async_read_some(buffer, redirect_error(use_awaitable, got.error));
  }
  got.error = disarm(got.error);
  co_return got;
}

awaitable<Connection::ErrorCode> Connection::write(std::string_view a, std::string_view b, std::string_view c,
                                                   TimePoint deadline) {
  ErrorCode error;
  const std::array<asio::const_buffer, 3> buffers = {asio::const_buffer(a.data(), a.size()),
                                                     asio::const_buffer(b.data(), b.size()),
                                                     asio::const_buffer(c.data(), c.size())};
  arm(deadline);
  if (tls_) {
    co_await asio::async_write(tls_->stream, buffers, redirect_error(use_awaitable, error));
  } else {
    co_await asio::async_write(socket_, buffers, redirect_error(use_awaitable, error));
  }
  co_return disarm(error);
}

awaitable<void> Connection::finish(std::size_t bytes_max, TimePoint deadline) {
  ErrorCode error;
  if (tls_) {
    arm(deadline);
    co_await tls_->stream.async_shutdown(redirect_error(use_awaitable, error));
    error = disarm(error);
  }
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  std::array<char, 4096> sink{};
  std::size_t swallowed = 0;
  while (!error && swallowed < bytes_max && std::chrono::steady_clock::now() < deadline) {
    arm(deadline);
    swallowed += co_await socket_.async_read_some(asio::buffer(sink), redirect_error(use_awaitable, error));
    error = disarm(error);
  }
  abort();
}

void Connection::abort() noexcept {
  ErrorCode ignored;
  socket_.close(ignored);
}

}  // namespace backtrail::api
