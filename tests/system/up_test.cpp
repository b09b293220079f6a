// `backtrail up` from first start to Ctrl-C and again.
#include <csignal>
#include <filesystem>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unistd.h>

#include "tests/support/golden.hpp"
#include "tests/system/running_backtrail.hpp"

namespace backtrail::testing {
namespace {

bool postgresql_runs(const std::filesystem::path& data_dir) {
  std::ifstream file(data_dir / "postgresql" / "data" / "postmaster.pid");
  pid_t process = 0;
  return file >> process && kill(process, 0) == 0;
}

std::size_t events_of(const Address& address) {
  const auto reply = ask(address, "GET", "/api/v1/findings?limit=1");
  EXPECT_EQ(reply.status, 200) << reply.body;
  return nlohmann::json::parse(reply.body).at("total").get<std::size_t>();
}

TEST(UpTest, StartsServesStopsAndStartsAgain) {
  const TempDir directory;
  const auto data = directory / "var";
  const std::vector<std::string> up{"up",          "--listen", "127.0.0.1:0", "--data-dir",
                                    data.string(), "--sample", kSampleEvents};
  Program first(up);
  ASSERT_TRUE(first.says("Ctrl-C stops it")) << first.finish().err;
  const auto address = address_in(first.out());
  EXPECT_EQ(ask(address, "GET", "/livez").status, 200);
  EXPECT_EQ(ask(address, "GET", "/readyz").status, 200);
  const auto page = ask(address, "GET", "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.headers.at("content-security-policy").find("default-src 'none'"), std::string::npos);
  const auto findings = events_of(address);
  EXPECT_GT(findings, 0U);
  EXPECT_EQ(ask({address.port, "bt_wrong"}, "GET", "/api/v1/findings").status, 401);
  EXPECT_TRUE(postgresql_runs(data));

  first.signal(SIGINT);
  const auto ended = first.finish();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.out.find("stopping"), std::string::npos);
  EXPECT_FALSE(postgresql_runs(data));

  // At once, on the same data: the same token, and the sample is not loaded twice.
  Program second(up);
  ASSERT_TRUE(second.says("Ctrl-C stops it")) << second.finish().err;
  const auto again = address_in(second.out());
  EXPECT_EQ(again.token, address.token);
  EXPECT_EQ(second.out().find("loaded"), std::string::npos);
  EXPECT_EQ(events_of(again), findings);
  second.signal(SIGTERM);
  EXPECT_EQ(second.finish().status, 0);
}

class UpRunningTest : public RunningBacktrail {};

TEST_F(UpRunningTest, TheFirstQuestionThatItProposesHasAnAnswer) {
  const std::string out = server_->out(), before = "backtrail lookup --data-dir " + data_dir() + " ";
  const auto at = out.find(before);
  ASSERT_NE(at, std::string::npos) << out;
  std::istringstream words(out.substr(at + before.size(), out.find('\n', at) - at - before.size()));
  std::vector<std::string> asked{"lookup", "--json"};
  for (std::string word; words >> word;) asked.push_back(word);
  ASSERT_EQ(asked.size(), 6U) << out;
  const auto answer = command(asked);
  ASSERT_EQ(answer.status, 0) << answer.err;
  EXPECT_GT(nlohmann::json::parse(answer.out).at("total").get<int>(), 0);
}

TEST_F(UpRunningTest, PostgresqlIsNeverRoot) {
  std::ifstream file(data_dir() + "/postgresql/data/postmaster.pid");
  pid_t process = 0;
  ASSERT_TRUE(file >> process);
  struct stat about {};
  ASSERT_EQ(stat(("/proc/" + std::to_string(process)).c_str(), &about), 0);
  EXPECT_NE(about.st_uid, 0U);
}

TEST_F(UpRunningTest, ATokenFileIsForItsOwnerOnly) {
  struct stat about {};
  ASSERT_EQ(stat((data_dir() + "/administrator-token").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 077, 0U);
}

TEST_F(UpRunningTest, APortInUseIsSaid) {
  const TempDir other;
  const auto up = run_backtrail(
      {"up", "--data-dir", (other / "var").string(), "--listen", "127.0.0.1:" + std::to_string(address().port)});
  EXPECT_EQ(up.status, 1);
  EXPECT_NE(up.err.find("another port"), std::string::npos) << up.err;
}

TEST_F(UpRunningTest, PlainHttpBeyondLoopbackIsRefused) {
  const TempDir other;
  const auto up = run_backtrail({"up", "--data-dir", (other / "var").string(), "--listen", "0.0.0.0:0"});
  EXPECT_EQ(up.status, 1);
  EXPECT_NE(up.err.find("TLS certificate"), std::string::npos) << up.err;
}

TEST_F(UpRunningTest, AKilledServerLeavesAWarehouseThatStartsAgain) {
  const TempDir directory;
  const std::vector<std::string> up{"up", "--listen", "127.0.0.1:0", "--data-dir", (directory / "var").string()};
  Program first(up);
  ASSERT_TRUE(first.says("Ctrl-C stops it")) << first.finish().err;
  const auto address = address_in(first.out());
  first.signal(SIGKILL);
  EXPECT_EQ(first.finish().status, 128 + SIGKILL);
  Program second(up);
  ASSERT_TRUE(second.says("Ctrl-C stops it")) << second.finish().err;
  EXPECT_EQ(address_in(second.out()).token, address.token);
  second.signal(SIGINT);
  EXPECT_EQ(second.finish().status, 0);
}

}  // namespace
}  // namespace backtrail::testing
