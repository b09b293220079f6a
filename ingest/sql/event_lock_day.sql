-- Writers of a day hold this shared; the sealer of the day holds it exclusively while it swaps rows for parts. Retention holds
-- the other lock while it archives and drops a day: nothing may be added to it then.
-- $1 day, as days since 1970
-- Row: open. False: the day is being removed.
SELECT pg_advisory_xact_lock_shared(1, $1::integer), pg_try_advisory_xact_lock_shared(3, $1::integer) AS open
