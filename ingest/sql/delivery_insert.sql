-- The ledger's rows of deliveries: counts by kind of record, and their sums, so that the totals are exact. One that has a row keeps it.
-- Arrays with one element for each delivery: $1 id, $2 door, $3 key id, $4 received at, $5 bytes, $6 the sender's request id,
-- $7 source, $8 attributes; with one for each kind that occurred in a delivery: $9 its id, $10 kind, $11 received, $12 new,
-- $13 duplicates, $14 variants, $15 updated, $16 stale, $17 quarantined
-- Row: delivery_id of each that had no row
WITH told AS (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::text[], $7::text[], $8::text[])
    AS d(delivery_id, door, key_id, received_at, bytes, sender_request_id, source, attributes)
), counts AS (
  SELECT * FROM unnest($9::uuid[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
    $16::bigint[], $17::bigint[]) AS k(delivery_id, kind, received, new, duplicates, variants, updated, stale, quarantined)
), sums AS (
  SELECT delivery_id, sum(received)::bigint AS received, sum(new)::bigint AS new, sum(duplicates)::bigint AS duplicates,
    sum(variants)::bigint AS variants, sum(updated)::bigint AS updated, sum(stale)::bigint AS stale,
    sum(quarantined)::bigint AS quarantined
  FROM counts
  GROUP BY delivery_id
), booked AS (
  INSERT INTO delivery (delivery_id, door, key_id, received_at, bytes, received, new, duplicates, variants, updated,
    stale, quarantined, sender_request_id, source, attributes)
  SELECT d.delivery_id, d.door, d.key_id, d.received_at, d.bytes, coalesce(s.received, 0), coalesce(s.new, 0),
    coalesce(s.duplicates, 0), coalesce(s.variants, 0), coalesce(s.updated, 0), coalesce(s.stale, 0),
    coalesce(s.quarantined, 0), d.sender_request_id, d.source, d.attributes
  FROM told AS d LEFT JOIN sums AS s ON s.delivery_id = d.delivery_id
  ON CONFLICT DO NOTHING
  RETURNING delivery_id
), kinds AS (
  INSERT INTO delivery_kind (delivery_id, kind, received, new, duplicates, variants, updated, stale, quarantined)
  SELECT c.* FROM booked AS b JOIN counts AS c ON c.delivery_id = b.delivery_id
)
SELECT delivery_id FROM booked
