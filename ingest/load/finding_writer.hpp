// Writes findings inside a transaction: version, current state, entities. Outcome per record: new, updated, stale,
// duplicate.
#pragma once
#include <span>

#include "ingest/load/batch.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::ingest {

// Sets the outcome of every finding row of `rows`. Throws pqxx exceptions.
void write_findings(schema::Transaction& tx, std::span<Row> rows, const schema::HashKey& key);

// Byte strings that sort as (shape, updated_at, count, fingerprint) and (updated_at, count, shape, fingerprint).
std::string detail_order(const schema::Finding& finding);
std::string state_order(const schema::Finding& finding);

}  // namespace backtrail::ingest
