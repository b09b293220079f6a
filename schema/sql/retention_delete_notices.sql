-- Deletes notices of before $1.
-- $1 time
-- Row: the number of notices. Index: notice_time.
WITH expired AS (DELETE FROM notice WHERE notice_time < $1::timestamptz RETURNING 1)
SELECT count(*) FROM expired
