-- Deletes ledger rows of deliveries received before $1, with their counts by kind.
-- $1 time
-- Row: the number of deliveries. Index: delivery_received_at.
WITH expired AS (
  DELETE FROM delivery WHERE received_at < $1::timestamptz RETURNING delivery_id
), kinds AS (
  DELETE FROM delivery_kind AS k USING expired AS e WHERE k.delivery_id = e.delivery_id
)
SELECT count(*) FROM expired
