-- Removes what the sealed rows name.
-- $1 day, $2 account ids, $3 the fingerprint of copies
-- Row: n. Index: none; the day is read once.
WITH gone AS (
  DELETE FROM event_mention AS m
  WHERE m.event_day = $1::date AND m.account_id = ANY ($2::text[]) AND m.content_fp <> $3::uuid
  RETURNING 1
)
SELECT count(*) AS n FROM gone
