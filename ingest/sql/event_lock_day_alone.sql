-- Writers of OCSF copies hold a day alone: none may be stored while its CloudTrail record is being stored.
-- $1 day, as days since 1970
SELECT pg_advisory_xact_lock(1, $1::integer)
