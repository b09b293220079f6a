-- Removes the rows that were sealed: those of the snapshot, and no other.
-- $1 day, $2 account ids, $3 the fingerprint of copies
-- Row: n. Index: api_event_pkey of the day. Rows are counted that RETURNING gives.
WITH gone AS (
  DELETE FROM api_event AS e
  WHERE e.event_day = $1::date AND e.account_id = ANY ($2::text[]) AND e.content_fp <> $3::uuid
  RETURNING 1
)
SELECT count(*) AS n FROM gone
