-- The accounts that are registered or were seen.
-- $1 accounts (NULL: all)
-- Row: AccountRow (query/coverage/coverage.cpp)
SELECT a.account_id, a.name AS account_name, a.status, a.registered_at
FROM account AS a
WHERE $1::text[] IS NULL OR a.account_id = ANY ($1::text[])
ORDER BY a.account_id
