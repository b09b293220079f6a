-- The records of an interval's deliveries by door, key and kind.
-- $1 from, $2 before
-- Row: StoredKind (query/ingest_summary.cpp). Index: delivery_received_at, delivery_kind_pkey.
SELECT d.door, d.key_id, k.kind, sum(k.received)::bigint AS received, sum(k.new)::bigint AS fresh,
  sum(k.duplicates)::bigint AS duplicates, sum(k.variants)::bigint AS variants, sum(k.updated)::bigint AS updated,
  sum(k.stale)::bigint AS stale, sum(k.quarantined)::bigint AS quarantined
FROM delivery AS d
JOIN delivery_kind AS k ON k.delivery_id = d.delivery_id
WHERE d.received_at >= $1::timestamptz AND d.received_at < $2::timestamptz
GROUP BY d.door, d.key_id, k.kind
ORDER BY d.door, d.key_id, k.kind
