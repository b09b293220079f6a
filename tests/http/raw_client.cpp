#include "tests/http/raw_client.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace backtrail::api {
namespace {
constexpr int kPatienceSeconds = 20;
}

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  timeval patience{};
  patience.tv_sec = kPatienceSeconds;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("connect");
  }
}

RawClient::~RawClient() {
  if (ssl_ != nullptr) SSL_free(ssl_);
  if (context_ != nullptr) SSL_CTX_free(context_);
  ::close(socket_);
}

bool RawClient::start_tls(int max_version) {
  context_ = SSL_CTX_new(TLS_client_method());
  // The tests' certificate signs itself; security level 0 lets old protocol versions be offered at all.
  SSL_CTX_set_verify(context_, SSL_VERIFY_NONE, nullptr);
  if (max_version != 0) {
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_, max_version);
  }
  constexpr std::array<unsigned char, 12> protocols = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(context_, protocols.data(), protocols.size());
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, socket_);
  return SSL_connect(ssl_) == 1;
}

std::string RawClient::alpn() const {
  const unsigned char* name = nullptr;
  unsigned int length = 0;
  SSL_get0_alpn_selected(ssl_, &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

std::string RawClient::peer_certificate_name() const {
  X509* certificate = SSL_get1_peer_certificate(ssl_);
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), name.size());
  X509_free(certificate);
  return name.data();
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ssl_ != nullptr ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                                         : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::half_close() {
  ::shutdown(socket_, SHUT_WR);
}

bool RawClient::fill() {
  std::array<char, 65536> piece{};
  const ssize_t got = ssl_ != nullptr ? SSL_read(ssl_, piece.data(), static_cast<int>(piece.size()))
                                      : ::recv(socket_, piece.data(), piece.size(), 0);
  if (got > 0) {
    input_.append(piece.data(), static_cast<std::size_t>(got));
    return true;
  }
  timed_out_ = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  return false;
}

bool RawClient::take_line(std::string& line) {
  for (;;) {
    const std::size_t end = input_.find("\r\n");
    if (end != std::string::npos) {
      line = input_.substr(0, end);
      input_.erase(0, end + 2);
      return true;
    }
    if (!fill()) return false;
  }
}

bool RawClient::take(std::size_t bytes, std::string& out) {
  while (input_.size() < bytes) {
    if (!fill()) {
      out += std::exchange(input_, {});
      return false;
    }
  }
  out += input_.substr(0, bytes);
  input_.erase(0, bytes);
  return true;
}

Reply RawClient::reply(bool head_only) {
  Reply out;
  std::string line;
  if (!take_line(line) || !line.starts_with("HTTP/1.1 ")) return out;
  const int status = std::atoi(line.c_str() + 9);
  while (take_line(line) && !line.empty()) {
    const std::size_t colon = line.find(": ");
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    out.headers[name] = line.substr(colon + 2);
  }
  out.status = status;
  if (head_only || status == 204 || status == 304 || status == 100) {
    out.complete = true;
  } else if (out.headers.contains("content-length")) {
    out.complete = take(std::stoul(out.headers["content-length"]), out.body);
  } else if (out.headers.contains("transfer-encoding")) {
    while (take_line(line)) {
      const std::size_t bytes = std::stoul(line, nullptr, 16);
      if (bytes == 0) {
        out.complete = take_line(line) && line.empty();
        break;
      }
      if (!take(bytes, out.body) || !take_line(line)) break;
    }
  } else {
    out.body = rest();
    out.complete = !timed_out_;
  }
  return out;
}

Reply RawClient::ask(std::string_view bytes, bool head_only) {
  send(bytes);
  return reply(head_only);
}

std::string RawClient::rest() {
  while (fill()) {
  }
  std::string out = std::exchange(input_, {});
  if (timed_out_) out += "<timeout>";
  return out;
}

bool RawClient::closed() {
  return rest().empty();
}

bool RawClient::readable() {
  return !input_.empty() || fill();
}

}  // namespace backtrail::api
