#include "schema/pg/migrator.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <migrations.hpp>
#include <pqxx/pqxx>
#include <set>

#include "schema/core/hash.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::schema {
namespace {

constexpr const char* kLedger =
    "CREATE SCHEMA IF NOT EXISTS backtrail_migration;"
    "CREATE TABLE IF NOT EXISTS backtrail_migration.applied ("
    "  version integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT "
    "now())";

std::string checksum(const Migration& migration) {
  const auto digest = sha256(migration.text);
  return hex(digest.data(), digest.size());
}

// The versions that the database ran.
Result<std::set<int>> check_applied(const pqxx::result& applied, std::span<const Migration> known) {
  std::set<int> versions;
  for (const auto& row : applied) {
    const int version = row["version"].as<int>();
    const auto found = std::find_if(known.begin(), known.end(),
                                    [version](const Migration& migration) { return migration.version == version; });
    if (found == known.end())
      return fail(
          Code::kSchema,
          fmt::format("the database ran migration V{:04}, which this program does not know: use a newer program",
                      version));
    if (row["sha256"].as<std::string>() != checksum(*found))
      return fail(Code::kSchema, fmt::format("migration V{:04} is not the one that this database ran", version));
    versions.insert(version);
  }
  return versions;
}

}  // namespace

int latest_migration() {
  return std::end(kMigrations)[-1].version;
}

Result<MigrationReport> migrate(const std::string& admin_connection_string) {
  return migrate(admin_connection_string, kMigrations);
}

Result<MigrationReport> migrate(const std::string& admin_connection_string, std::span<const Migration> known) {
  MigrationReport report;
  try {
    pqxx::connection connection(admin_connection_string);
    {
      pqxx::nontransaction session(connection);
      session.exec("SET client_min_messages = warning");
      session.exec("SELECT pg_advisory_lock(3, 0)");
      session.exec(kLedger);
    }
    pqxx::result applied;
    {
      pqxx::work tx(connection);
      applied = tx.exec("SELECT version, sha256 FROM backtrail_migration.applied ORDER BY version");
    }
    const auto versions = check_applied(applied, known);
    if (!versions) return versions.error();
    if (!versions->empty()) report.version = *versions->rbegin();
    for (const auto& migration : known) {
      if (versions->contains(migration.version)) continue;
      pqxx::work tx(connection);
      tx.exec(migration.text);
      tx.exec("RESET ROLE");
      tx.exec_params("INSERT INTO backtrail_migration.applied (version, name, sha256) VALUES ($1, $2, $3)",
                     migration.version, migration.name, checksum(migration));
      tx.commit();
      report.applied.push_back(fmt::format("V{:04} {}", migration.version, migration.name));
      report.version = std::max(report.version, migration.version);
    }
  } catch (const std::exception& exception) {
    Error error = error_from(exception);
    if (error.code == Code::kDatabaseDown) error.detail = fmt::format("cannot migrate: {}", exception.what());
    return error;
  }
  return report;
}

}  // namespace backtrail::schema
