// Hands quarantined records in again, after a fix: the exact bytes, through the same pipeline, with the rights of the
// key that sent them, never of the person who asks.
//
// A replay is a delivery at the door "replay" and has its own row in the ledger. A record is resolved when it was read:
// stored, known already, or taken apart into records of which each has its own fate. Bytes that are refused as they
// were before keep their row, with the reason of today and one try more. Replaying twice changes nothing more: what is
// resolved is left alone. Blocks until everything is committed. Thread-safe.
#pragma once
#include <chrono>
#include <cstdint>
#include <vector>

#include "ingest/pipeline.hpp"

namespace backtrail::ingest {

struct ReplayReport {
  std::uint64_t resolved = 0;
  std::uint64_t still_quarantined = 0;
  std::uint64_t not_open = 0;   // resolved before, or expired
  std::uint64_t failed = 0;     // nothing is known of them, as with any delivery that got no answer; they stay open
  std::uint64_t not_tried = 0;  // the time was up
  Receipt receipt;              // of everything that was handed in
};

// `ingest` connects as backtrail_ingest. No new record is begun after `patience`. An error: the database could not be
// read at all.
schema::Result<ReplayReport> replay(Pipeline& pipeline, schema::Database& ingest,
                                    const std::vector<QuarantineKey>& records, std::chrono::milliseconds patience);

}  // namespace backtrail::ingest
