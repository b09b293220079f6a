-- When was a finding seen?
-- $1 account, $2 finding uid
-- Row: first_seen_at, last_seen_at. Index: finding_pkey.
SELECT f.first_seen_at, f.last_seen_at FROM finding AS f WHERE f.account_id = $1::text AND f.finding_uid = $2::uuid
