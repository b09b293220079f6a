-- Keeps records that could not be stored; the same bytes refused for the same reason are one row.
-- $1…$12 arrays, one per column
INSERT INTO quarantine (account_id, quarantine_id, reason, detail, door, key_id, origin, position, received_at, bytes, sha256, raw)
SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
  $9::timestamptz[], $10::bigint[], $11::bytea[], $12::bytea[])
ON CONFLICT DO NOTHING
