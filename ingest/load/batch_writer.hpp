// Writes one batch in one transaction, durably: the answer that depends on it may be sent when write() returns.
//
// A row that the database refuses (SQLSTATE 22, 23, 54), or that an exception of ours is thrown for, is found by
// halving the batch, goes to quarantine, and the rest is stored. Serialization failures and deadlocks are tried again.
// write() throws nothing. One writer per thread; Database is shared.
#pragma once
#include <functional>
#include <span>
#include <utility>

#include "ingest/load/batch.hpp"
#include "schema/pg/database.hpp"
#include "schema/retention/partitions.hpp"

namespace backtrail::ingest {

class BatchWriter {
 public:
  BatchWriter(schema::Database& database, schema::Partitions& partitions, const schema::HashKey& key)
      : database_(database), partitions_(partitions), key_(key) {}

  // Settles every row's delivery. On an error the deliveries of what was not stored have failed.
  schema::Result<void> write(Batch batch, const std::function<std::int64_t()>& now_us);
  // Exceptions since the last call.
  std::uint64_t take_internal_errors() { return std::exchange(internal_errors_, 0); }

 private:
  schema::Result<void> write_rows(Batch& batch, std::int64_t now_us);
  schema::Result<void> store(std::span<Row> rows, const Batch& batch, std::int64_t now_us);
  schema::Result<void> ensure_partitions(std::span<const Row> rows, std::int64_t now_us,
                                         schema::Partitions::Tables tables);
  void settle(std::span<Row> rows);
  schema::Result<void> try_store(std::span<Row> rows, const Batch& batch, std::int64_t now_us);

  schema::Database& database_;
  schema::Partitions& partitions_;
  const schema::HashKey& key_;
  std::uint64_t internal_errors_ = 0;
};

// Ends a delivery of which no batch was the last: its last rows were written by two writers at once or before parsing
// ended, or it holds no record.
void close_books(schema::Database& database, PendingDelivery& delivery);

}  // namespace backtrail::ingest
