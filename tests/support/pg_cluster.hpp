// The PostgreSQL that tests use: one private cluster for a whole run, without fsync, in a directory that is removed.
//
// BACKTRAIL_TEST_CLUSTER names the socket directory of a running one (tests/support/with_cluster sets it); otherwise
// the first test of a program that asks starts its own. Thread-safe. Throws when no cluster can be had: such a test
// fails.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "schema/pg/private_cluster.hpp"
#include "tests/support/temp_dir.hpp"

namespace backtrail::testing {

inline constexpr const char* kTestClusterVariable = "BACKTRAIL_TEST_CLUSTER";

// A cluster with settings for tests. The directory is removed with it.
class TestCluster {
 public:
  TestCluster();
  schema::PrivateCluster& operator*() { return *cluster_; }
  schema::PrivateCluster* operator->() { return cluster_.get(); }

 private:
  TempDir directory_;
  std::unique_ptr<schema::PrivateCluster> cluster_;
};

// libpq's form, to the run's cluster.
std::string test_cluster_connection(std::string_view user, std::string_view database);

}  // namespace backtrail::testing
