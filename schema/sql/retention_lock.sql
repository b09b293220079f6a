-- One retention run at a time: true when this transaction may run it, until it ends.
SELECT pg_try_advisory_xact_lock(2, 2) AS mine
