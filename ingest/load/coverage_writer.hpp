// Counts what a batch stored for the coverage of accounts, Regions and sources. In the batch's own transaction, so that
// coverage and evidence never disagree; appends only, so that writers do not wait for each other (V0010).
#pragma once
#include <span>

#include "ingest/load/batch.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::ingest {

// Call when every row has its outcome: what was there before, and what is in quarantine, does not count.
void write_coverage(schema::Transaction& tx, std::span<const Row> rows);

// Moves what was counted into its table; how many cells that touched. As the ingest or the maintenance role.
schema::Result<std::int64_t> fold_coverage(schema::Database& database);

// Forgets days of more than schema::kCoverageKeptDays ago: what has been still for so long is not missed any more. As
// the maintenance role.
schema::Result<std::int64_t> forget_coverage(schema::Database& maintenance, std::int64_t now_us);

}  // namespace backtrail::ingest
