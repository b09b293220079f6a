-- Deletes ledger rows of deliveries received before $1.
-- $1 time
-- Row: the number of rows. Index: delivery_received_at.
WITH expired AS (DELETE FROM delivery WHERE received_at < $1::timestamptz RETURNING 1)
SELECT count(*) FROM expired
