// The pool of connections over a server that throws them out.
#include <gtest/gtest.h>
#include <pqxx/pqxx>
#include <thread>

#include "schema/core/time.hpp"
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

TEST_F(DatabaseTest, BinaryAnswersAreWhatTextSays) {
  constexpr Query kValues{
      "test_binary_values",
      "SELECT $1::smallint, $2::integer, $3::bigint, $4::date, $5::timestamptz, $6::text, $7::bytea, "
      "$8::text UNION ALL SELECT 0::smallint, 0, 0::bigint, '1970-01-01', '1970-01-01Z', '', '', ''"};
  const auto answer = database_.read(AccountScope::none(), [&](Transaction& tx) -> Result<int> {
    const auto result = tx.exec_binary(kValues, std::string("-2"), std::string("-70000"), std::string("-5000000000"),
                                       std::string("1969-12-31"), std::string("2026-11-20T10:00:00.000001Z"),
                                       std::string("text"), std::string("\\x00ff5c"), std::optional<std::string>());
    EXPECT_EQ(result.size(), 2U);
    int rows = 0;
    for (const auto row : result) {
      if (rows++ > 0) {
        EXPECT_EQ(row.date(3), 0);
        EXPECT_EQ(row.time_us(4), 0);
        EXPECT_EQ(row.bytes(5), "");
        continue;
      }
      EXPECT_EQ(row.int2(0), -2);
      EXPECT_EQ(row.int4(1), -70'000);
      EXPECT_EQ(row.int8(2), -5'000'000'000);
      EXPECT_EQ(row.date(3), -1);
      EXPECT_EQ(row.time_us(4), parse_rfc3339("2026-11-20T10:00:00.000001Z")->us);
      EXPECT_EQ(row.bytes(5), "text");
      EXPECT_EQ(row.bytes(6), std::string_view("\0\xff\\", 3));
      EXPECT_TRUE(row.is_null(7));
      EXPECT_THROW((void)row.bytes(7), std::runtime_error) << "NULL";
      EXPECT_THROW((void)row.int4(0), std::runtime_error) << "another width";
      EXPECT_THROW((void)row.bytes(8), std::runtime_error) << "no such column";
    }
    return rows;
  });
  EXPECT_EQ(answer.value(), 2);
}

TEST_F(DatabaseTest, BinaryAnswersFailLikeOthers) {
  constexpr Query kBad{"test_binary_bad", "SELECT $1::integer"};
  constexpr Query kSlow{"test_binary_slow", "SELECT pg_sleep($1::integer)"};
  const auto code_of = [&](const Query& query, const std::string& value, bool with_limit) {
    const auto answer = database_.read(AccountScope::none(), [&](Transaction& tx) -> Result<int> {
      if (with_limit) tx.exec_text("SET LOCAL statement_timeout = 50");
      tx.exec_binary(query, value);
      return 0;
    });
    return answer ? Code::kRetry : answer.error().code;
  };
  EXPECT_EQ(code_of(kBad, "no number", false), Code::kBadData);
  EXPECT_EQ(code_of(kSlow, "5", true), Code::kTimeout);
  const auto answer = database_.read(AccountScope::none(), [&](Transaction& tx) -> Result<int> {
    throw_out();
    tx.exec_binary(kBad, std::string("1"));
    return 0;
  });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kDatabaseDown);
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
