-- Writers of a day hold this shared; the sealer of the day holds it exclusively while it swaps rows for parts.
-- $1 day, as days since 1970
SELECT pg_advisory_xact_lock_shared(1, $1::integer)
