-- Keeps records that could not be stored; the same bytes refused for the same reason are one row, which is opened again
-- when it was resolved. One that comes back from an archive is as it was.
-- $1…$18 arrays, one per column
INSERT INTO quarantine AS q (account_id, quarantine_id, reason, detail, door, key_id, origin, position, received_at,
  bytes, sha256, raw, kind, parser_version, scope, tries, last_tried_at, resolved_at)
SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
  $9::timestamptz[], $10::bigint[], $11::bytea[], $12::bytea[], $13::text[], $14::text[], $15::text[], $16::integer[],
  $17::timestamptz[], $18::timestamptz[])
ON CONFLICT (account_id, quarantine_id) DO UPDATE SET resolved_at = NULL
WHERE q.resolved_at IS NOT NULL AND excluded.resolved_at IS NULL
