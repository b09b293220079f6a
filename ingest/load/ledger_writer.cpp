#include "ingest/load/ledger_writer.hpp"

#include <array>
#include <backtrail_ingest_sql.hpp>
#include <set>

#include "ingest/load/binary_array.hpp"

namespace backtrail::ingest {
namespace {

// The counts of one kind of record of a delivery.
struct CountColumns {
  BinaryArray delivery{PgType::kUuid}, kind{PgType::kText}, received{PgType::kInt8}, fresh{PgType::kInt8},
      duplicates{PgType::kInt8}, variants{PgType::kInt8}, updated{PgType::kInt8}, stale{PgType::kInt8},
      quarantined{PgType::kInt8};

  void add(const schema::Uuid& id, RecordKind of, const OutcomeCounts& counts) {
    delivery.add_uuid(id);
    kind.add_text(name_of(of));
    const auto put = [](BinaryArray& column, std::uint64_t count) {
      column.add_int8(static_cast<std::int64_t>(count));
    };
    put(received, counts.received);
    put(fresh, counts.fresh);
    put(duplicates, counts.duplicates);
    put(variants, counts.variants);
    put(updated, counts.updated);
    put(stale, counts.stale);
    put(quarantined, counts.quarantined);
  }
};

}  // namespace

void write_ledger(schema::Transaction& tx, const std::vector<LedgerEntry>& entries) {
  if (entries.empty()) return;
  BinaryArray id(PgType::kUuid), door(PgType::kText), key_id(PgType::kText), received_at(PgType::kTimestamptz),
      bytes(PgType::kInt8), request_id(PgType::kText), source(PgType::kText), attributes(PgType::kText);
  CountColumns counts;
  std::set<schema::Uuid> known;
  for (const auto& [delivery, body_bytes, receipt] : entries) {
    if (!known.insert(delivery.id).second) continue;
    id.add_uuid(delivery.id);
    door.add_text(delivery.door);
    key_id.add_text(delivery.key_id);
    received_at.add_time(delivery.received_us);
    bytes.add_int8(static_cast<std::int64_t>(body_bytes));
    request_id.add_text(delivery.sender_request_id);
    source.add_text(delivery.source);
    attributes.add_text(delivery.attributes);
    for (const RecordKind kind : kRecordKinds)
      if (receipt.of(kind).received > 0) counts.add(delivery.id, kind, receipt.of(kind));
  }
  tx.exec(sql::delivery_insert, id.value(), door.value(), key_id.value(), received_at.value(), bytes.value(),
          request_id.value(), source.value(), attributes.value(), counts.delivery.value(), counts.kind.value(),
          counts.received.value(), counts.fresh.value(), counts.duplicates.value(), counts.variants.value(),
          counts.updated.value(), counts.stale.value(), counts.quarantined.value());
}

}  // namespace backtrail::ingest
