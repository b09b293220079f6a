-- Whoever removes holds this shared, whoever adds a hold holds it alone: a hold that was added keeps what was there.
SELECT pg_advisory_xact_lock_shared(2, 3)
