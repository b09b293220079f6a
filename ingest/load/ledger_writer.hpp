// The ledger: a row for each delivery that was stored to the end, with its receipt. Runs inside a transaction; throws
// what it throws.
#pragma once
#include <vector>

#include "ingest/delivery.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::ingest {

struct LedgerEntry {
  const Delivery& delivery;
  std::size_t body_bytes;
  Receipt receipt;
};

// An id that the ledger has keeps its row.
void write_ledger(schema::Transaction& tx, const std::vector<LedgerEntry>& entries);

}  // namespace backtrail::ingest
