-- A replayed record was refused again: why, by which version, and one try more. It is open, also when the replay was
-- answered before it was read.
-- $1 account ('' when it has none), $2 id, $3 reason, $4 detail, $5 kind, $6 parser version, $7 time
-- Row: 1 when it is still there. Index: primary key.
UPDATE quarantine
SET reason = $3::text, detail = $4::text, kind = $5::text, parser_version = $6::text, tries = tries + 1,
  last_tried_at = $7::timestamptz, resolved_at = NULL
WHERE account_id = $1::text AND quarantine_id = $2::uuid
RETURNING 1
