-- A quarantined record that is not resolved, with what a replay needs.
-- $1 account ('' when it has none), $2 id
-- Row: door, key_id, origin, scope, tries, raw. Index: primary key.
SELECT door, key_id, origin, scope, tries, raw
FROM quarantine
WHERE account_id = $1::text AND quarantine_id = $2::uuid AND resolved_at IS NULL
