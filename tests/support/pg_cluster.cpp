#include "tests/support/pg_cluster.hpp"

#include <cstdlib>
#include <stdexcept>

namespace backtrail::testing {
namespace {

TestCluster& own_cluster() {
  static TestCluster cluster;
  return cluster;
}

}  // namespace

TestCluster::TestCluster() {
  auto started = schema::PrivateCluster::start({.data_dir = directory_ / "pg",
                                                .fsync = false,
                                                .run_as = {},
                                                .settings = {{"shared_buffers", "128MB"},
                                                             {"max_wal_size", "1GB"},
                                                             {"max_connections", "100"},
                                                             {"autovacuum_naptime", "1h"}}});
  if (!started) throw std::runtime_error("no PostgreSQL for the tests: " + started.error().detail);
  cluster_ = std::move(*started);
}

std::string test_cluster_connection(std::string_view user, std::string_view database) {
  if (const char* socket = std::getenv(kTestClusterVariable); socket != nullptr && *socket != '\0')
    return schema::socket_connection_string(socket, user, database);
  return own_cluster()->connection_string(user, database);
}

}  // namespace backtrail::testing
