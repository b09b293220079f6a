-- Marks a record as resolved after a replay, unless that replay, or another one since, was refused: then it has one try
-- more than before.
-- $1 account ('' when it has none), $2 id, $3 tries before the replay, $4 time
-- Row: 1 when it is resolved now. Index: primary key.
UPDATE quarantine
SET resolved_at = $4::timestamptz, last_tried_at = $4::timestamptz, tries = tries + 1
WHERE account_id = $1::text AND quarantine_id = $2::uuid AND tries = $3::integer AND resolved_at IS NULL
RETURNING 1
