// Writes notices inside a transaction. Outcome per record: new or duplicate.
#pragma once
#include <span>

#include "ingest/load/batch.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::ingest {

// Sets the outcome of every notice row of `rows`. Throws pqxx exceptions.
void write_notices(schema::Transaction& tx, std::span<Row> rows);

}  // namespace backtrail::ingest
