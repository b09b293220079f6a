// The intake of a warehouse under test, for servers whose doors are open: without a spool, and without canaries, which
// would be deliveries that no test sent.
#pragma once
#include "ingest/intake.hpp"
#include "tests/db/ingest_warehouse.hpp"

namespace backtrail::testing {

class TestIntake {
 public:
  explicit TestIntake(IngestWarehouse& warehouse)
      : probe_({.connection_string = warehouse.database().connection_string("backtrail_ingest"), .max_connections = 1}),
        health_(probe_),
        intake_(warehouse.pipeline(), health_, nullptr, without_canaries()) {}

  ingest::Intake* get() { return &intake_; }

 private:
  static ingest::IntakeOptions without_canaries() {
    ingest::IntakeOptions options;
    options.canary_every = std::chrono::hours(24);
    return options;
  }
  schema::Database probe_;
  ingest::DbHealth health_;
  ingest::Intake intake_;
};

}  // namespace backtrail::testing
