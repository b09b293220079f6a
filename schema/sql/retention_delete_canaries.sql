-- Deletes ledger rows of canaries (ingest/intake.hpp) received before $1: they only tried whether something can be stored.
-- $1 time
-- Row: the number of deliveries. Index: delivery_received_at.
WITH expired AS (
  DELETE FROM delivery WHERE door = 'canary' AND received_at < $1::timestamptz RETURNING delivery_id
)
SELECT count(*) FROM expired
