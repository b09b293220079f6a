-- Before a hold is added: waits for removals under way.
SELECT pg_advisory_xact_lock(2, 3)
