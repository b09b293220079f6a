-- Closes a day while it is archived and dropped: its writers see it (ingest/sql/event_lock_day.sql) and put what is for it into
-- quarantine. True when no writer is at it; until this transaction ends.
-- $1 day, as days since 1970
SELECT pg_try_advisory_xact_lock(3, $1::integer) AS closed
