-- Keeps a state of a finding with its bytes; a state that is known already is left out.
-- $1 account, $2 finding uid, $3 fingerprint, $4 shape, $5 updated at, $6 count, $7 severity, $8 last seen, $9 archived,
-- $10 received at, $11 origin, $12 sha256, $13 bytes, $14 raw
-- Row: 1 when it was new.
INSERT INTO finding_version (account_id, finding_uid, content_fp, shape, updated_at, count, severity, last_seen_at,
  archived, received_at, origin, raw_sha256, raw_bytes, raw)
VALUES ($1::text, $2::uuid, $3::uuid, $4::smallint, $5::timestamptz, $6::bigint, $7::double precision, $8::timestamptz,
  $9::boolean, $10::timestamptz, $11::text, $12::bytea, $13::integer, $14::bytea)
ON CONFLICT (account_id, finding_uid, content_fp) DO NOTHING
RETURNING 1
