-- The exact bytes of a quarantined record.
-- $1 account ('' when it has none), $2 id
-- Row: raw. Index: quarantine_pkey.
SELECT q.raw
FROM quarantine AS q
WHERE q.account_id = $1::text AND q.quarantine_id = $2::uuid
