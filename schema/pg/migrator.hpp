// Brings a database to this program's schema: numbered SQL files, forward only, checksummed, one transaction each, one
// migrator at a time (advisory lock). Numbers may have gaps: whatever has not run is run, in the order of its number,
// also when a later one ran before (two branches came together). A migration that was changed after it ran, or a
// database that is newer than this program, is kSchema and nothing is touched.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "schema/core/error.hpp"

namespace backtrail::schema {

struct Migration {
  int version;
  const char* name;
  const char* text;
};

struct MigrationReport {
  std::vector<std::string> applied;  // "V0003 finding"
  int version = 0;                   // the database's version afterwards
};

// `admin_connection_string` connects as a role that may create roles (the private cluster's superuser, or the owner of
// the server). kDatabaseDown, kSchema, kDatabase.
Result<MigrationReport> migrate(const std::string& admin_connection_string);

// The same with other migrations, ascending; for tests.
Result<MigrationReport> migrate(const std::string& admin_connection_string, std::span<const Migration> known);

// The version that this program needs.
int latest_migration();

}  // namespace backtrail::schema
