-- Deletes quarantined records received before $1.
-- $1 time
-- Row: the number of records. Index: quarantine_received_at.
WITH expired AS (DELETE FROM quarantine WHERE received_at < $1::timestamptz RETURNING 1)
SELECT count(*) FROM expired
