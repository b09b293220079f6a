// Every embedded statement is understood by the migrated schema, as a role that uses it.
#include <backtrail_ingest_sql.hpp>
#include <backtrail_query_sql.hpp>
#include <backtrail_schema_sql.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>
#include <set>
#include <string>
#include <vector>

#include "tests/support/test_database.hpp"

namespace backtrail {
namespace {

std::vector<schema::Query> all_queries() {
  std::vector<schema::Query> all(std::begin(schema::sql::all_queries), std::end(schema::sql::all_queries));
  all.insert(all.end(), std::begin(ingest::sql::all_queries), std::end(ingest::sql::all_queries));
  all.insert(all.end(), std::begin(query::sql::all_queries), std::end(query::sql::all_queries));
  return all;
}

TEST(SqlTest, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const auto& query : all_queries()) EXPECT_TRUE(names.insert(query.name).second) << query.name;
  EXPECT_GT(names.size(), 40U);
}

TEST(SqlTest, EveryStatementIsUnderstood) {
  testing::TestDatabase database;
  pqxx::connection connection(database.admin_connection_string());
  pqxx::nontransaction session(connection);
  session.exec("SET search_path = backtrail, pg_temp");
  for (const auto& query : all_queries()) {
    try {
      // As the program does it: the statement PREPARE knows no DECLARE.
      connection.prepare(query.name, query.text);
      connection.prepare_now(query.name);
    } catch (const pqxx::sql_error& error) {
      ADD_FAILURE() << query.name << ".sql: " << error.what();
    }
  }
}

// A parameter without a type of its own is text to one server and a guess to the next.
TEST(SqlTest, EveryParameterSaysItsType) {
  testing::TestDatabase database;
  pqxx::connection connection(database.admin_connection_string());
  pqxx::nontransaction session(connection);
  session.exec("SET search_path = backtrail, pg_temp");
  for (const auto& query : all_queries()) {
    const std::string_view text = query.text;
    for (int number = 1; number < 40; ++number) {
      const std::string parameter = fmt::format("${}", number);
      bool used = false, typed = false;
      for (std::size_t at = text.find(parameter); at != std::string_view::npos; at = text.find(parameter, at + 1)) {
        const std::size_t end = at + parameter.size();
        if (end < text.size() && text[end] >= '0' && text[end] <= '9') continue;
        const std::size_t line = text.rfind('\n', at);
        if (text.substr(line == std::string_view::npos ? 0 : line + 1).starts_with("--")) continue;
        used = true;
        typed = typed || text.substr(end).starts_with("::");
      }
      EXPECT_TRUE(!used || typed) << query.name << ".sql: " << parameter;
    }
  }
}

TEST(SqlTest, EveryStatementBeginsWithWhatItAnswers) {
  for (const auto& query : all_queries()) EXPECT_TRUE(std::string_view(query.text).starts_with("-- ")) << query.name;
}

}  // namespace
}  // namespace backtrail
