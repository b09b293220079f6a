// `backtrail up` on a data directory of its own with the smallest sample organisation, shared by the tests of a suite.
#pragma once
#include <cstdint>
#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "tests/http/raw_client.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/system/program.hpp"

namespace backtrail::testing {

inline constexpr const char* kSampleEvents = "10000";  // the fewest that hold the stories

// Where and with which token the program says that it serves.
struct Address {
  std::uint16_t port = 0;
  std::string token;
};
inline Address address_in(const std::string& output) {
  const std::string before = "http://127.0.0.1:", between = "/#token=";
  const auto at = output.find(before), token = output.find(between);
  if (at == std::string::npos || token == std::string::npos) return {};
  const auto end = output.find('\n', token);
  return {static_cast<std::uint16_t>(std::stoul(output.substr(at + before.size()))),
          output.substr(token + between.size(), end - token - between.size())};
}

inline api::Reply ask(const Address& address, const std::string& method, const std::string& target,
                      const std::string& body = {}) {
  return api::RawClient(address.port)
      .ask(method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + address.token +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

class RunningBacktrail : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = std::make_unique<TempDir>();
    server_ = std::make_unique<Program>(up({"--sample", kSampleEvents}));
    ASSERT_TRUE(server_->says("Ctrl-C stops it")) << server_->finish().err;
    address_ = address_in(server_->out());
  }
  static void TearDownTestSuite() {
    server_->signal(SIGTERM);
    EXPECT_EQ(server_->finish().status, 0);
    server_.reset();
    directory_.reset();
  }

  static std::string data_dir() { return (*directory_ / "var").string(); }
  static std::vector<std::string> up(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"up", "--listen", "127.0.0.1:0", "--data-dir", data_dir()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  // A command on the same warehouse, while it runs.
  static Finished command(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--data-dir", data_dir()});
    return run_backtrail(arguments);
  }
  static const Address& address() { return address_; }

  inline static std::unique_ptr<TempDir> directory_;
  inline static std::unique_ptr<Program> server_;
  inline static Address address_;
};

}  // namespace backtrail::testing
