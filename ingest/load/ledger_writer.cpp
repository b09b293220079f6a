#include "ingest/load/ledger_writer.hpp"

#include <backtrail_ingest_sql.hpp>
#include <map>

#include "ingest/load/binary_array.hpp"

namespace backtrail::ingest {
namespace {

// In one order for everybody: two writers that book the same deliveries do not wait for each other in a circle.
using Entries = std::map<schema::Uuid, const LedgerEntry*>;

void add_count(BinaryArray& column, std::uint64_t count) {
  column.add_int8(static_cast<std::int64_t>(count));
}

// The counts of one kind of record of a delivery.
struct CountColumns {
  BinaryArray delivery{PgType::kUuid}, kind{PgType::kText}, received{PgType::kInt8}, fresh{PgType::kInt8},
      duplicates{PgType::kInt8}, variants{PgType::kInt8}, updated{PgType::kInt8}, stale{PgType::kInt8},
      quarantined{PgType::kInt8};

  void add(const schema::Uuid& id, RecordKind of, const OutcomeCounts& counts) {
    delivery.add_uuid(id);
    kind.add_text(name_of(of));
    add_count(received, counts.received);
    add_count(fresh, counts.fresh);
    add_count(duplicates, counts.duplicates);
    add_count(variants, counts.variants);
    add_count(updated, counts.updated);
    add_count(stale, counts.stale);
    add_count(quarantined, counts.quarantined);
  }
};

// Takes those out of `entries` that had no row.
void insert_new(schema::Transaction& tx, Entries& entries) {
  BinaryArray id(PgType::kUuid), door(PgType::kText), key_id(PgType::kText), received_at(PgType::kTimestamptz),
      bytes(PgType::kInt8), request_id(PgType::kText), source(PgType::kText), attributes(PgType::kText);
  CountColumns counts;
  for (const auto& [delivery_id, entry] : entries) {
    const Delivery& delivery = entry->delivery;
    id.add_uuid(delivery_id);
    door.add_text(delivery.door);
    key_id.add_text(delivery.key_id);
    received_at.add_time(delivery.received_us);
    bytes.add_int8(static_cast<std::int64_t>(entry->body_bytes));
    request_id.add_text(delivery.sender_request_id);
    source.add_text(delivery.source);
    attributes.add_text(delivery.attributes);
    for (const RecordKind kind : kRecordKinds)
      if (entry->so_far.of(kind).received > 0) counts.add(delivery_id, kind, entry->so_far.of(kind));
  }
  const auto inserted =
      tx.exec(sql::delivery_insert, id.value(), door.value(), key_id.value(), received_at.value(), bytes.value(),
              request_id.value(), source.value(), attributes.value(), counts.delivery.value(), counts.kind.value(),
              counts.received.value(), counts.fresh.value(), counts.duplicates.value(), counts.variants.value(),
              counts.updated.value(), counts.stale.value(), counts.quarantined.value());
  for (const auto& row : inserted) {
    schema::Uuid booked;
    schema::parse_uuid({row[0].c_str(), row[0].size()}, booked);
    entries.erase(booked);
  }
}

void add_to_booked(schema::Transaction& tx, const Entries& entries) {
  BinaryArray id(PgType::kUuid), delivery(PgType::kUuid), kind_name(PgType::kText), received(PgType::kInt8),
      quarantined(PgType::kInt8), fresh(PgType::kInt8), variants(PgType::kInt8), updated(PgType::kInt8),
      stale(PgType::kInt8);
  for (const auto& [delivery_id, entry] : entries) {
    id.add_uuid(delivery_id);
    for (const RecordKind kind : kRecordKinds) {
      const OutcomeCounts &so_far = entry->so_far.of(kind), &stored = entry->stored.of(kind);
      if (so_far.received == 0) continue;
      delivery.add_uuid(delivery_id);
      kind_name.add_text(name_of(kind));
      add_count(received, so_far.received);
      add_count(quarantined, so_far.quarantined);
      add_count(fresh, stored.fresh);
      add_count(variants, stored.variants);
      add_count(updated, stored.updated);
      add_count(stale, stored.stale);
    }
  }
  tx.exec(sql::delivery_lock, id.value());
  tx.exec(sql::delivery_add, delivery.value(), kind_name.value(), received.value(), quarantined.value(), fresh.value(),
          variants.value(), updated.value(), stale.value());
}

}  // namespace

void write_ledger(schema::Transaction& tx, const std::vector<LedgerEntry>& entries) {
  Entries open;
  for (const auto& entry : entries) open.emplace(entry.delivery.id, &entry);
  if (open.empty()) return;
  insert_new(tx, open);
  if (!open.empty()) add_to_booked(tx, open);
}

}  // namespace backtrail::ingest
