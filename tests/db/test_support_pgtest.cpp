// What database tests stand on: fresh, migrated, separate databases.
#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "schema/pg/migrator.hpp"
#include "schema/pg/private_cluster.hpp"
#include "tests/support/pg_cluster.hpp"
#include "tests/support/test_database.hpp"

namespace backtrail::testing {
namespace {

std::string value_of(const std::string& connection_string, const std::string& sql) {
  pqxx::connection connection(connection_string);
  pqxx::nontransaction session(connection);
  const pqxx::result rows = session.exec(sql);
  return rows.empty() || rows.columns() == 0 ? "" : rows[0][0].as<std::string>("");
}

TEST(TestDatabase, IsMigratedToTheLatestVersion) {
  TestDatabase database;
  EXPECT_EQ(value_of(database.admin_connection_string(), "SELECT max(version) FROM backtrail_migration.applied"),
            std::to_string(schema::latest_migration()));
  EXPECT_EQ(value_of(database.connection_string("backtrail_api"), "SELECT current_user"), "backtrail_api");
}

TEST(TestDatabase, TwoShareNothing) {
  TestDatabase one;
  TestDatabase two;
  value_of(one.admin_connection_string(), "CREATE TABLE public.only_here (x int)");
  EXPECT_EQ(value_of(two.admin_connection_string(), "SELECT to_regclass('public.only_here') IS NULL"), "t");
}

TEST(TestDatabase, EmptyOneHasNoSchema) {
  TestDatabase database(TestDatabase::Content::kEmpty);
  EXPECT_EQ(value_of(database.admin_connection_string(), "SELECT to_regnamespace('backtrail') IS NULL"), "t");
}

TEST(TestDatabase, IsDroppedAlthoughSomeoneIsConnected) {
  std::string name;
  std::unique_ptr<pqxx::connection> left_open;
  {
    TestDatabase database;
    name = database.name();
    left_open = std::make_unique<pqxx::connection>(database.admin_connection_string());
  }
  EXPECT_EQ(value_of(test_cluster_connection(schema::kPrivateAdmin, "postgres"),
                     "SELECT count(*) FROM pg_database WHERE datname = '" + name + "'"),
            "0");
}

}  // namespace
}  // namespace backtrail::testing
