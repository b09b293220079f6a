-- Deletes quarantined records received before $1, but for what is held.
-- $1 time
-- Row: the number of records. Index: quarantine_received_at.
WITH expired AS (
  DELETE FROM quarantine AS x
  WHERE x.received_at < $1::timestamptz
    AND NOT EXISTS (SELECT FROM legal_hold AS h WHERE h.released_at IS NULL AND h.account_id IN ('', x.account_id)
                    AND x.received_at >= h.from_day::timestamp AT TIME ZONE 'UTC' AND x.received_at < h.to_day::timestamp AT TIME ZONE 'UTC')
  RETURNING 1
)
SELECT count(*) FROM expired
