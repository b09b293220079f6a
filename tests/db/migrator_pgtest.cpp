// The migrator: what ran once runs no more, gaps and late numbers are run, a changed or unknown one stops everything.
#include <gmock/gmock.h>
#include <pqxx/pqxx>

#include "schema/pg/migrator.hpp"
#include "tests/support/test_database.hpp"

namespace backtrail::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Migration kFirst{1, "first", "CREATE TABLE one (x integer)"};
constexpr Migration kFourth{4, "fourth", "CREATE TABLE four (x integer)"};
constexpr Migration kTenth{10, "tenth", "CREATE TABLE ten (x integer)"};

class MigratorTest : public ::testing::Test {
 protected:
  Result<MigrationReport> run(std::vector<Migration> known) {
    return migrate(database_.admin_connection_string(), known);
  }
  std::string tables() {
    pqxx::connection connection(database_.admin_connection_string());
    pqxx::nontransaction session(connection);
    return session
        .exec1(
            "SELECT coalesce(string_agg(tablename, ' ' ORDER BY tablename), '') FROM pg_tables WHERE "
            "schemaname = 'public'")[0]
        .as<std::string>();
  }
  testing::TestDatabase database_{testing::TestDatabase::Content::kEmpty};
};

TEST_F(MigratorTest, RunsEachOnceAlsoWithGaps) {
  const auto first = run({kFirst, kTenth});
  ASSERT_TRUE(first.has_value()) << first.error().detail;
  EXPECT_THAT(first->applied, ElementsAre("V0001 first", "V0010 tenth"));
  EXPECT_EQ(first->version, 10);
  const auto again = run({kFirst, kTenth});
  ASSERT_TRUE(again.has_value()) << again.error().detail;
  EXPECT_THAT(again->applied, IsEmpty());
  EXPECT_EQ(again->version, 10);
}

// Two branches came together: the program knows a number below one that the database has.
TEST_F(MigratorTest, RunsALateNumber) {
  ASSERT_TRUE(run({kFirst, kTenth}).has_value());
  const auto late = run({kFirst, kFourth, kTenth});
  ASSERT_TRUE(late.has_value()) << late.error().detail;
  EXPECT_THAT(late->applied, ElementsAre("V0004 fourth"));
  EXPECT_EQ(late->version, 10);
  EXPECT_EQ(tables(), "four one ten");
}

TEST_F(MigratorTest, TouchesNothingWhenTheDatabaseIsNewerOrOneWasChanged) {
  ASSERT_TRUE(run({kFirst, kTenth}).has_value());
  const auto older = run({kFirst, kFourth});
  ASSERT_FALSE(older.has_value());
  EXPECT_EQ(older.error().code, Code::kSchema);
  EXPECT_THAT(older.error().detail, HasSubstr("V0010"));
  const auto changed = run({{1, "first", "CREATE TABLE other (x integer)"}, kFourth, kTenth});
  ASSERT_FALSE(changed.has_value());
  EXPECT_EQ(changed.error().code, Code::kSchema);
  EXPECT_EQ(tables(), "one ten");
}

}  // namespace
}  // namespace backtrail::schema
