// Writes the events of a batch inside a transaction: day locks, rows or parts (part_loader.hpp), mentions, variants,
// names.
#pragma once
#include <cstddef>
#include <span>

#include "ingest/load/batch.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::ingest {

// Sets the outcome of every event row of `rows` (others are left alone). `gathered`: events may
// become parts. Throws pqxx exceptions.
void write_events(schema::Transaction& tx, std::span<Row> rows, std::int64_t now_us, bool gathered = false);
// Puts events back that were sealed, as they are; gives how many were stored. For the maintenance role.
std::size_t restore_events(schema::Transaction& tx, std::span<const EventRow> events);
// Names and accounts that were not written before.
void write_names(schema::Transaction& tx, const std::vector<EntityName>& names);
void write_accounts(schema::Transaction& tx, const std::vector<std::string>& accounts, std::int64_t now_us);

}  // namespace backtrail::ingest
