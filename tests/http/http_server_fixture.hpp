// A server with the routes that a test adds, on a port of its own.
#pragma once
#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "api/http/server.hpp"
#include "tests/http/raw_client.hpp"

namespace backtrail::api {

inline constexpr std::size_t kSmallBody = 100;

inline std::string get(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}

inline std::string post(const std::string& target, const std::string& body, const std::string& fields = "") {
  return "POST " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         fields + "\r\n" + body;
}

// Starts a server with the routes that a test adds, and stops it at the end.
class HttpServerTest : public ::testing::Test {
 protected:
  std::uint16_t start() {
    add_common_routes();
    server = std::make_unique<Server>(options, std::move(router));
    return server->start();
  }

  void add_common_routes() {
    router.add(Method::kGet, "/hello", [this](const Request&) {
      ++calls;
      return respond::text("hello");
    });
    RouteOptions small;
    small.body_limit_bytes = kSmallBody;
    router.add(
        Method::kPost, "/echo",
        [this](const Request& request) {
          ++calls;
          return respond::bytes(request.body, "application/octet-stream");
        },
        small);
    router.add(Method::kGet, "/items/{id}", [](const Request& request) {
      return respond::text(std::string(request.path_parameter("id")) + "|" + request.route + "|" + request.path);
    });
  }

  ServerOptions options;
  Router router;
  std::atomic<int> calls{0};
  std::unique_ptr<Server> server;
};

}  // namespace backtrail::api
