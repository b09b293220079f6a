-- Ends a hold; its row stays.
-- $1 id, $2 who, $3 time, $4 why
-- Row: 1 when it was active. Index: none; holds are few.
UPDATE legal_hold SET released_by = $2::text, released_at = $3::timestamptz, release_reason = $4::text
WHERE hold_id = $1::uuid AND released_at IS NULL
RETURNING 1
