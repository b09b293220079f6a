-- The ledger's row of one delivery.
-- $1 id, $2 door, $3 key id, $4 received at, $5 bytes, $6 received, $7 new, $8 duplicates, $9 variants, $10 updated, $11 stale, $12 quarantined
INSERT INTO delivery (delivery_id, door, key_id, received_at, bytes, received, new, duplicates, variants, updated, stale, quarantined)
VALUES ($1::uuid, $2::text, $3::text, $4::timestamptz, $5::bigint, $6::bigint, $7::bigint, $8::bigint, $9::bigint,
  $10::bigint, $11::bigint, $12::bigint)
ON CONFLICT DO NOTHING
