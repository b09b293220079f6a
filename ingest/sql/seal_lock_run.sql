-- One sealer a day: true when this transaction is it, until it ends.
-- $1 day, as days since 1970
SELECT pg_try_advisory_xact_lock(4, $1::integer) AS mine
