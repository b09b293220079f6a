// One TCP connection, plain or TLS, whose every operation has a deadline.
//
// It hides which of the two it is, so that the session is written (and compiled) once. When a deadline passes, only the
// operation is cancelled: the session may still send a last answer. Belongs to the one thread that runs its executor.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace boost::asio::ssl {
class context;
}

namespace backtrail::api {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using ErrorCode = boost::system::error_code;

  // Without a context the connection is plain. The context must outlive the connection, hence shared.
  Connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<boost::asio::ssl::context> tls);
  ~Connection();

  struct Got {
    std::size_t bytes = 0;
    ErrorCode error;  // asio::error::timed_out when the deadline passed
  };

  [[nodiscard]] boost::asio::awaitable<ErrorCode> handshake(TimePoint deadline);  // at once if plain
  [[nodiscard]] boost::asio::awaitable<Got> read_some(char* data, std::size_t size, TimePoint deadline);
  // Writes all three, in order.
  [[nodiscard]] boost::asio::awaitable<ErrorCode> write(std::string_view a, std::string_view b, std::string_view c,
                                                        TimePoint deadline);
  // Says goodbye so that the peer can still read our last answer: shuts our side down and swallows what the peer is
  // sending (at most `bytes_max`), because closing with unread bytes would reset the connection.
  [[nodiscard]] boost::asio::awaitable<void> finish(std::size_t bytes_max, TimePoint deadline);
  // Closes the socket; whatever is waiting on it returns with an error.
  void abort() noexcept;

  [[nodiscard]] bool secure() const noexcept { return tls_ != nullptr; }
  [[nodiscard]] boost::asio::any_io_executor executor() { return socket_.get_executor(); }

 private:
  struct Tls;

  void arm(TimePoint deadline);
  [[nodiscard]] ErrorCode disarm(ErrorCode error);

  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<Tls> tls_;
  boost::asio::steady_timer timer_;
  std::uint64_t operation_ = 0;  // tells a late timer that its operation is over
  bool timed_out_ = false;
};

}  // namespace backtrail::api
