// Making a private cluster: its settings file, initdb, the first database.
#pragma once
#include <optional>
#include <string>

#include "schema/core/error.hpp"
#include "schema/pg/cluster/directory.hpp"
#include "schema/pg/cluster/postgres_binaries.hpp"
#include "schema/pg/private_cluster.hpp"

namespace backtrail::schema {

// The PostgreSQL version that made this data directory; nothing when there is none.
std::optional<int> data_version(const std::filesystem::path& data);

// Runs initdb as `user`. Into data.new first, so that an interrupted initdb never looks like a cluster.
Result<void> make_cluster(const ClusterPaths& paths, const PostgresBinaries& binaries, const UserIdentity& user,
                          bool sync);

// Writes backtrail.conf: our settings for this machine, then the caller's, then the operator's local.conf.
Result<void> write_settings(const ClusterPaths& paths, const PrivateClusterOptions& options);

// Creates kPrivateDatabase unless it exists.
Result<void> make_database(const std::string& admin_connection_string);

}  // namespace backtrail::schema
