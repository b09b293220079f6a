-- Is a day ours alone, to store parts of it? Nobody seals it then, and no writer adds rows that the parts should have known.
-- Held until the transaction ends; not waited for.
-- $1 day, as days since 1970
-- Row: mine
SELECT pg_try_advisory_xact_lock(4, $1::integer) AND pg_try_advisory_xact_lock(1, $1::integer) AS mine
