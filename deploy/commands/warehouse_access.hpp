// How a command reaches the warehouse: a server that somebody runs (--database-url), or the private PostgreSQL below
// --data-dir, which is started unless a running program of ours holds it already.
//
// With a URL, the URL's user is only used to migrate; afterwards the program connects as backtrail_ingest,
// backtrail_api and backtrail_maintenance with the password in BACKTRAIL_ROLE_PASSWORD (or the URL's own). Keep the
// object alive as long as its databases.
#pragma once
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "schema/core/hash.hpp"
#include "schema/pg/database.hpp"
#include "schema/pg/private_cluster.hpp"

namespace backtrail::commands {

struct WarehouseOptions {
  std::string database_url;
  std::filesystem::path data_dir = "var";
};

// --database-url and --data-dir, with their environment variables.
void add_warehouse_options(CLI::App& command, WarehouseOptions& options);

class WarehouseAccess {
 public:
  // Migrates when the schema is older than this program. Errors say what to do.
  static schema::Result<std::unique_ptr<WarehouseAccess>> open(const WarehouseOptions& options);

  schema::DatabaseOptions role(const std::string& role_name, std::size_t connections) const;
  const std::filesystem::path& data_dir() const { return options_.data_dir; }
  // False: another program of ours runs the database, and we only borrow it.
  bool owns_cluster() const { return cluster_ != nullptr; }
  // What migrating did, for people; empty when nothing.
  const std::vector<std::string>& migrated() const { return migrated_; }

 private:
  explicit WarehouseAccess(WarehouseOptions options) : options_(std::move(options)) {}
  schema::Result<void> connect();
  std::string connection_string(const std::string& user) const;

  WarehouseOptions options_;
  std::unique_ptr<schema::PrivateCluster> cluster_;
  std::vector<std::string> migrated_;
};

}  // namespace backtrail::commands
