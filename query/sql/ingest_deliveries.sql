-- Deliveries by door and key of an interval, with their sums.
-- $1 from, $2 before
-- Row: StoredSource (query/ingest_summary.cpp). Index: delivery_received_at.
SELECT d.door, d.key_id, count(*) AS deliveries, sum(d.bytes)::bigint AS bytes, sum(d.received)::bigint AS received,
  sum(d.new)::bigint AS fresh, sum(d.duplicates)::bigint AS duplicates, sum(d.variants)::bigint AS variants,
  sum(d.updated)::bigint AS updated, sum(d.stale)::bigint AS stale, sum(d.quarantined)::bigint AS quarantined
FROM delivery AS d
WHERE d.received_at >= $1::timestamptz AND d.received_at < $2::timestamptz
GROUP BY d.door, d.key_id
ORDER BY d.door, d.key_id
