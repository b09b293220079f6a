#include "schema/pg/migrator.hpp"

#include <fmt/format.h>
#include <migrations.hpp>
#include <pqxx/pqxx>
#include <span>

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

Result<void> check_applied(const pqxx::result& applied, std::span<const Migration> known) {
  for (const auto& row : applied) {
    const int version = row["version"].as<int>();
    if (version > static_cast<int>(known.size()))
      return fail(Code::kSchema,
                  fmt::format("the database is at version {}, this program knows {}: use a newer program", version,
                              known.size()));
    if (row["sha256"].as<std::string>() != checksum(known[static_cast<std::size_t>(version - 1)]))
      return fail(Code::kSchema, fmt::format("migration V{:04} is not the one that this database ran", version));
  }
  return {};
}

}  // namespace

int latest_migration() {
  return static_cast<int>(std::size(kMigrations));
}

Result<MigrationReport> migrate(const std::string& admin_connection_string) {
  const std::span<const Migration> known(kMigrations);
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
    if (const auto ok = check_applied(applied, known); !ok) return ok.error();
    report.version = static_cast<int>(applied.size());
    for (const auto& migration : known.subspan(static_cast<std::size_t>(applied.size()))) {
      pqxx::work tx(connection);
      tx.exec(migration.text);
      tx.exec("RESET ROLE");
      tx.exec_params("INSERT INTO backtrail_migration.applied (version, name, sha256) VALUES ($1, $2, $3)",
                     migration.version, migration.name, checksum(migration));
      tx.commit();
      report.applied.push_back(fmt::format("V{:04} {}", migration.version, migration.name));
      report.version = migration.version;
    }
  } catch (const std::exception& exception) {
    Error error = error_from(exception);
    if (error.code == Code::kDatabaseDown) error.detail = fmt::format("cannot migrate: {}", exception.what());
    return error;
  }
  return report;
}

}  // namespace backtrail::schema
