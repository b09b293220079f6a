#include "tests/support/test_database.hpp"

#include <atomic>
#include <cstdio>
#include <exception>
#include <migrations.hpp>
#include <pqxx/pqxx>
#include <stdexcept>
#include <unistd.h>

#include "schema/core/hash.hpp"
#include "schema/pg/migrator.hpp"
#include "tests/support/pg_cluster.hpp"

namespace backtrail::testing {
namespace {

std::string admin_to(std::string_view database) {
  return test_cluster_connection(schema::kPrivateAdmin, database);
}

// Changes with every change of a migration, so that a cluster that lives longer than a build serves the right one.
std::string template_name() {
  std::string all;
  for (const auto& migration : schema::kMigrations) all += migration.text;
  const auto digest = schema::sha256(all);
  return "template_" + schema::hex(digest.data(), 8);
}

void make_template(pqxx::nontransaction& session, const std::string& name) {
  const std::string raw = name + "_raw";
  session.exec("DROP DATABASE IF EXISTS " + raw + " WITH (FORCE)");
  session.exec("CREATE DATABASE " + raw);
  const auto migrated = schema::migrate(admin_to(raw));
  if (!migrated) throw std::runtime_error("the migrations fail: " + migrated.error().detail);
  session.exec("ALTER DATABASE " + raw + " RENAME TO " + name);
}

const std::string& migrated_template() {
  static const std::string name = [] {
    std::string wanted = template_name();
    pqxx::connection connection(admin_to("postgres"));
    pqxx::nontransaction session(connection);
    session.exec("SELECT pg_advisory_lock(20817)");  // released with the connection
    if (session.exec_params("SELECT FROM pg_database WHERE datname = $1", wanted).empty())
      make_template(session, wanted);
    return wanted;
  }();
  return name;
}

std::string fresh_name() {
  static std::atomic<int> count{0};
  return "test_" + std::to_string(getpid()) + "_" + std::to_string(++count);
}

}  // namespace

TestDatabase::TestDatabase(Content content) : name_(fresh_name()) {
  const std::string source = content == Content::kMigrated ? migrated_template() : "template1";
  pqxx::connection connection(admin_to("postgres"));
  pqxx::nontransaction session(connection);
  session.exec("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");  // of an earlier process with our number
  session.exec("CREATE DATABASE " + name_ + " TEMPLATE " + source);
}

TestDatabase::~TestDatabase() {
  try {
    pqxx::connection connection(admin_to("postgres"));
    pqxx::nontransaction session(connection);
    session.exec("DROP DATABASE " + name_ + " WITH (FORCE)");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cannot drop %s: %s\n", name_.c_str(), error.what());
  }
}

std::string TestDatabase::connection_string(std::string_view user) const {
  return test_cluster_connection(user, name_);
}
std::string TestDatabase::admin_connection_string() const {
  return admin_to(name_);
}

}  // namespace backtrail::testing
