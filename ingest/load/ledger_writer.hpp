// The ledger: a row for each delivery, with its receipt. Every transaction books what it stores, so that the books are
// right whenever it is the last one; a delivery of many records is stored by several. Runs inside a transaction; throws
// what it throws.
#pragma once
#include <vector>

#include "ingest/delivery.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::ingest {

struct LedgerEntry {
  const Delivery& delivery;
  std::size_t body_bytes;
  Receipt stored;  // by this transaction
  Receipt so_far;  // since the delivery was submitted, with `stored`
};

// A delivery that comes again under its id, because nobody knew whether it was stored, is booked once.
void write_ledger(schema::Transaction& tx, const std::vector<LedgerEntry>& entries);

}  // namespace backtrail::ingest
