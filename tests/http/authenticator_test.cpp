// What a key is worth while the keys cannot be read.
#include "api/auth/authenticator.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "schema/core/time.hpp"
#include "tests/support/test_database.hpp"

namespace backtrail::testing {
namespace {

using std::chrono::milliseconds;

class AuthenticatorTest : public ::testing::Test {
 protected:
  std::string make_key() {
    return schema::create_api_key(maintenance_, "test", "ingest", {"*"}, {}, schema::now_us()).value().token;
  }
  // Nobody can connect, and who is connected is thrown out.
  void take_database_away() {
    static const TestDatabase other(TestDatabase::Content::kEmpty);
    pqxx::connection connection(other.admin_connection_string());
    pqxx::nontransaction session(connection);
    session.exec("ALTER DATABASE " + database_.name() + " ALLOW_CONNECTIONS false");
    session.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + database_.name() + "'");
  }

  TestDatabase database_;
  schema::Database maintenance_{{.connection_string = database_.connection_string("backtrail_maintenance")}};
  schema::Database api_{{.connection_string = database_.connection_string("backtrail_api")}};
};

TEST_F(AuthenticatorTest, AKeyThatWasGoodIsBelievedWithoutTheDatabase) {
  api::Authenticator authenticator(api_, milliseconds(0));
  const std::string token = make_key(), never_seen = make_key();
  ASSERT_TRUE(*authenticator.verify(token));
  take_database_away();
  const auto believed = authenticator.verify(token);
  ASSERT_TRUE(believed) << believed.error().detail;
  ASSERT_TRUE(*believed);
  EXPECT_EQ((**believed).role, api::Role::kIngest);
  // Whether the other one is good nobody knows: its sender must try again.
  const auto unknown = authenticator.verify(never_seen);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, schema::Code::kDatabaseDown);
}

TEST_F(AuthenticatorTest, ButNotForEver) {
  api::Authenticator authenticator(api_, milliseconds(0), milliseconds(0));
  const std::string token = make_key();
  ASSERT_TRUE(*authenticator.verify(token));
  take_database_away();
  const auto asked = authenticator.verify(token);
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().code, schema::Code::kDatabaseDown);
}

TEST_F(AuthenticatorTest, AnAnswerIsRememberedForItsLife) {
  api::Authenticator remembers(api_), forgets(api_, milliseconds(0));
  const auto key = schema::create_api_key(maintenance_, "test", "ingest", {"*"}, {}, schema::now_us()).value();
  ASSERT_TRUE(*remembers.verify(key.token));
  ASSERT_TRUE(*forgets.verify(key.token));
  ASSERT_TRUE(schema::revoke_api_key(maintenance_, key.key_id, schema::now_us()));
  EXPECT_TRUE(*remembers.verify(key.token));
  EXPECT_FALSE(*forgets.verify(key.token));
}

}  // namespace
}  // namespace backtrail::testing
