// One connection from its first byte to its last: read a head, pass the gate, find the route, take the body, run the
// handler, write the answer, and again.
//
// One request is in flight at a time. Whatever is wrong with a request's framing is answered once and ends the
// connection; what is merely wrong with its meaning (404, 405, ...) does not, unless a body would have to be skipped.
// All members belong to the connection's I/O thread.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "api/http/connection.hpp"
#include "api/http/run_blocking.hpp"
#include "api/http/server_core.hpp"

namespace backtrail::api {

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(ServerCore& core, std::shared_ptr<Connection> connection, std::unique_ptr<ConnectionLimiter::Ticket> ticket,
          std::string peer_address);
  ~Session();

  // Ends when the connection ends. The caller keeps the session alive until then.
  [[nodiscard]] boost::asio::awaitable<void> run();

  // The server is stopping: goes at once if no request is under way, otherwise after its answer.
  void drain();
  // Goes at once.
  void abort();

 private:
  struct Exchange;
  enum class Input { kHead, kRefused, kClosed };
  using Clock = std::chrono::steady_clock;

  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<Input> read_head(Exchange& exchange);
  bool accept_head(Exchange& exchange, std::size_t head_bytes);
  std::optional<Response> admit(Exchange& exchange);
  std::optional<Response> find_route(Exchange& exchange);
  bool is_allowed_host(std::string_view host) const;

  boost::asio::awaitable<std::optional<Response>> receive(Exchange& exchange);
  boost::asio::awaitable<std::optional<Response>> authorise(Exchange& exchange);
  boost::asio::awaitable<void> wait_for_room(const Exchange& exchange);
  boost::asio::awaitable<std::optional<Response>> read_body(Exchange& exchange);
  Clock::time_point body_deadline(const Exchange& exchange, Clock::time_point started) const;

  boost::asio::awaitable<Response> answer(Exchange& exchange);
  boost::asio::awaitable<Response> answer_blocking(Exchange& exchange);
  boost::asio::awaitable<Response> answer_async(Exchange& exchange);
  Response failed(Exchange& exchange, std::string_view reason);
  Response late(Exchange& exchange);

  boost::asio::awaitable<bool> send(Exchange& exchange, Response response, bool keep);
  boost::asio::awaitable<bool> send_stream(Exchange& exchange, std::string_view head, Response& response);
  boost::asio::awaitable<bool> send_bytes(Exchange& exchange, std::string_view bytes);
  boost::asio::awaitable<Connection::ErrorCode> fill(std::size_t bytes, Clock::time_point deadline);

  Response error(const Exchange& exchange, Problem problem) const;
  boost::asio::thread_pool& pool_of(const Exchange& exchange);
  void record(const Exchange& exchange) const;

  ServerCore& core_;
  std::shared_ptr<Connection> connection_;
  std::unique_ptr<ConnectionLimiter::Ticket> ticket_;
  std::shared_ptr<Waiter> waiter_;
  std::string peer_address_;
  std::string input_;  // received and not yet used
  bool waiting_for_request_ = true;
  bool first_request_ = true;
  bool linger_ = false;  // the peer may be sending still, so closing has to be gentle
  bool draining_ = false;
};

}  // namespace backtrail::api
