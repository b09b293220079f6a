// Accepts connections and hands each to an I/O thread, within the limits.
//
// An IoThread is an io_context with exactly one thread, so that a connection needs no locks. The listener lives on the
// first of them.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "api/http/server_core.hpp"
#include "api/http/session.hpp"

namespace backtrail::api {

struct IoThread {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  std::unordered_set<std::shared_ptr<Session>> sessions;  // touched on this thread only
  std::thread thread;

  void run();
  // Each posts itself to the thread.
  void start_session(std::shared_ptr<Session> session, const ServerCore& core);
  void drain_all();
  void abort_all();
};

class Listener {
 public:
  Listener(ServerCore& core, std::vector<std::unique_ptr<IoThread>>& threads);

  // Binds and listens; throws std::runtime_error. Returns the port.
  std::uint16_t open();
  // Starts the accept loop on the first thread.
  void start();
  // May be called from any thread.
  void close();

 private:
  boost::asio::awaitable<void> run();
  void take(boost::asio::ip::tcp::socket socket, IoThread& thread);

  ServerCore& core_;
  std::vector<std::unique_ptr<IoThread>>& threads_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::size_t next_ = 0;
  bool failing_ = false;  // said so already
};

// The address to bind, checked: an IP address or "localhost", on loopback if HTTP is plain and nothing else was
// allowed.
[[nodiscard]] boost::asio::ip::address listen_address(const ServerOptions& options);

}  // namespace backtrail::api
