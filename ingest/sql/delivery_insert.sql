-- The ledger's rows of one delivery: its counts by kind of record, and their sums, so that the totals are exact.
-- $1 id, $2 door, $3 key id, $4 received at, $5 bytes; arrays with one element for each kind that occurred: $6 kind,
-- $7 received, $8 new, $9 duplicates, $10 variants, $11 updated, $12 stale, $13 quarantined
WITH counts AS (
  SELECT * FROM unnest($6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
    $13::bigint[]) AS k(kind, received, new, duplicates, variants, updated, stale, quarantined)
), booked AS (
  INSERT INTO delivery (delivery_id, door, key_id, received_at, bytes, received, new, duplicates, variants, updated,
    stale, quarantined)
  SELECT $1::uuid, $2::text, $3::text, $4::timestamptz, $5::bigint, coalesce(sum(received), 0)::bigint,
    coalesce(sum(new), 0)::bigint, coalesce(sum(duplicates), 0)::bigint, coalesce(sum(variants), 0)::bigint,
    coalesce(sum(updated), 0)::bigint, coalesce(sum(stale), 0)::bigint, coalesce(sum(quarantined), 0)::bigint
  FROM counts
  ON CONFLICT DO NOTHING
  RETURNING delivery_id
)
INSERT INTO delivery_kind (delivery_id, kind, received, new, duplicates, variants, updated, stale, quarantined)
SELECT b.delivery_id, c.* FROM booked AS b CROSS JOIN counts AS c
