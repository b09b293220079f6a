// A client that sends exactly the bytes it is told to, over TCP or TLS; for tests of the server.
//
// Every wait ends after kPatience, so that a server that does not answer fails a test instead of hanging it. One
// thread.
#pragma once
#include <cstdint>
#include <map>
#include <openssl/ssl.h>
#include <string>
#include <string_view>

namespace backtrail::api {

struct Reply {
  int status = 0;                              // 0: no complete head arrived
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  bool complete = false;  // the body's framing was satisfied
};

class RawClient {
 public:
  // Connects to 127.0.0.1.
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // Returns false if the handshake fails. `max_version` 0: the newest.
  bool start_tls(int max_version = 0);
  [[nodiscard]] std::string alpn() const;
  [[nodiscard]] std::string peer_certificate_name() const;

  // False if the peer is gone.
  bool send(std::string_view bytes);
  void half_close();

  // Reads one response. `head_only`: it answers a HEAD request.
  Reply reply(bool head_only = false);
  // Sends and reads one response.
  Reply ask(std::string_view bytes, bool head_only = false);
  // Everything until the peer closes; "<timeout>" appended if it does not.
  std::string rest();
  // The peer closed without sending anything more.
  bool closed();
  // One more byte, or nothing at the end; leaves it unread.
  bool readable();

 private:
  bool fill();
  bool take_line(std::string& line);
  bool take(std::size_t bytes, std::string& out);

  int socket_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  std::string input_;
  bool timed_out_ = false;
};

}  // namespace backtrail::api
