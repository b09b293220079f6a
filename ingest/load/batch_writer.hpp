// Writes one batch in one transaction, durably: the answer that depends on it may be sent when write() returns.
//
// A row that the database refuses (SQLSTATE 22, 23, 54) is found by halving the batch, goes to quarantine, and the rest
// is stored. Serialization failures and deadlocks are tried again. One writer per thread; Database is shared.
#pragma once
#include <span>

#include "ingest/load/batch.hpp"
#include "schema/pg/database.hpp"
#include "schema/retention/partitions.hpp"

namespace backtrail::ingest {

class BatchWriter {
 public:
  BatchWriter(schema::Database& database, schema::Partitions& partitions, const schema::HashKey& key)
      : database_(database), partitions_(partitions), key_(key) {}

  // Settles every row's delivery. On an error nothing of the batch was stored and the deliveries have failed.
  schema::Result<void> write(Batch batch, std::int64_t now_us);

 private:
  schema::Result<void> store(std::span<Row> rows, const Batch& batch, std::int64_t now_us);
  schema::Result<void> ensure_partitions(std::span<const Row> rows, std::int64_t now_us);
  void settle(std::span<const Row> rows);
  schema::Result<void> try_store(std::span<Row> rows, const Batch& batch, std::int64_t now_us);

  schema::Database& database_;
  schema::Partitions& partitions_;
  const schema::HashKey& key_;
};

// Ends a delivery whose ledger row no batch could carry: its last rows were written by two writers at once or before
// parsing ended, or it holds no record.
void finish_with_ledger(schema::Database& database, PendingDelivery& delivery);

// The ledger's row of a delivery.
void write_delivery(schema::Transaction& tx, const Delivery& delivery, std::size_t body_bytes, const Receipt& receipt);

}  // namespace backtrail::ingest
