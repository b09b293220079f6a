-- Deletes notices of before $1, but for what is held.
-- $1 time
-- Row: the number of notices. Index: notice_time.
WITH expired AS (
  DELETE FROM notice AS x
  WHERE x.notice_time < $1::timestamptz
    AND NOT EXISTS (SELECT FROM legal_hold AS h WHERE h.released_at IS NULL AND h.account_id IN ('', x.account_id)
                    AND x.notice_time >= h.from_day::timestamp AT TIME ZONE 'UTC' AND x.notice_time < h.to_day::timestamp AT TIME ZONE 'UTC')
  RETURNING 1
)
SELECT count(*) FROM expired
