-- Legal holds, newest first, with how many there are.
-- $1 active ones, $2 released ones, $3 how many
-- Row: StoredHold (query/hold_queries.cpp). Index: none; holds are few.
SELECT h.account_id, h.hold_id, h.from_day, h.to_day, h.finding_uid, h.reason, h.created_by, h.created_at, h.released_at,
  h.released_by, h.release_reason, count(*) OVER () AS total
FROM legal_hold AS h
WHERE CASE WHEN h.released_at IS NULL THEN $1::boolean ELSE $2::boolean END
ORDER BY h.created_at DESC, h.hold_id
LIMIT $3::bigint
