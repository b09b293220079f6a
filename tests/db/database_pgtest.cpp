// The pool of connections over a server that throws them out.
#include <gtest/gtest.h>
#include <pqxx/pqxx>
#include <thread>

#include "schema/pg/database.hpp"
#include "tests/support/test_database.hpp"

namespace backtrail::schema {
namespace {

class DatabaseTest : public ::testing::Test {
 protected:
  // 1, or the error's code.
  int ask() {
    const auto answer = database_.read(
        AccountScope::none(), [](Transaction& tx) -> Result<int> { return tx.exec_text("SELECT 1")[0][0].as<int>(); });
    return answer ? *answer : -static_cast<int>(answer.error().code);
  }
  // As many connections as the pool may have are open and idle afterwards.
  void fill_pool() {
    std::vector<std::thread> users;
    for (std::size_t i = 0; i < kConnections; ++i)
      users.emplace_back([this] {
        (void)database_.read(AccountScope::none(), [](Transaction& tx) -> Result<int> {
          tx.exec_text("SELECT pg_sleep(0.2)");
          return 0;
        });
      });
    for (auto& user : users) user.join();
  }
  void throw_out() {
    pqxx::connection admin(server_.admin_connection_string());
    pqxx::nontransaction(admin).exec(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = "
        "'backtrail_api' AND datname = '" +
        server_.name() + "'");
  }

  static constexpr std::size_t kConnections = 3;
  testing::TestDatabase server_;
  Database database_{{.connection_string = server_.connection_string("backtrail_api"),
                      .max_connections = kConnections,
                      .acquire_timeout_ms = 2000}};
};

TEST_F(DatabaseTest, WhatBrokeWhileItWasIdleIsReplacedAndNobodyNotices) {
  for (int round = 0; round < 5; ++round) {  // more often than the pool is large: no place is lost
    fill_pool();
    throw_out();
    for (std::size_t i = 0; i < 2 * kConnections; ++i) EXPECT_EQ(ask(), 1);
    EXPECT_EQ(database_.in_use(), 0U);
  }
}

TEST_F(DatabaseTest, WhatBreaksInUseIsAnErrorAndLeavesItsPlace) {
  for (int round = 0; round < 5; ++round) {
    const auto answer = database_.read(AccountScope::none(), [&](Transaction& tx) -> Result<int> {
      throw_out();
      tx.exec_text("SELECT 1");
      return 0;
    });
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::kDatabaseDown);
    EXPECT_EQ(database_.in_use(), 0U);
  }
  EXPECT_EQ(ask(), 1);
}

TEST_F(DatabaseTest, AServerThatIsAwayIsAnErrorUntilItIsBack) {
  const testing::TestDatabase other(testing::TestDatabase::Content::kEmpty);
  const auto admin = [&](const std::string& sql) {
    pqxx::connection connection(other.admin_connection_string());
    pqxx::nontransaction(connection).exec(sql);
  };
  fill_pool();
  admin("ALTER DATABASE " + server_.name() + " ALLOW_CONNECTIONS false");
  admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + server_.name() + "'");
  for (std::size_t i = 0; i < 2 * kConnections; ++i) EXPECT_EQ(ask(), -static_cast<int>(Code::kDatabaseDown));
  EXPECT_EQ(database_.in_use(), 0U);
  admin("ALTER DATABASE " + server_.name() + " ALLOW_CONNECTIONS true");
  for (std::size_t i = 0; i < 2 * kConnections; ++i) EXPECT_EQ(ask(), 1);
}

}  // namespace
}  // namespace backtrail::schema
