-- Writers of OCSF copies hold a day alone: none may be stored while its CloudTrail record is being stored. The other lock is
-- retention's, as in event_lock_day.sql.
-- $1 day, as days since 1970
-- Row: open. False: the day is being removed.
SELECT pg_advisory_xact_lock(1, $1::integer), pg_try_advisory_xact_lock_shared(3, $1::integer) AS open
