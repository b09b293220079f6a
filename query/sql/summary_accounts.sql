-- The accounts that are registered or were seen.
-- Row: account_id, registered
SELECT a.account_id, a.registered_at IS NOT NULL AS registered
FROM account AS a
