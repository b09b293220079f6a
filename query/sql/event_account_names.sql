-- The names of accounts.
-- $1 account ids
-- Row: account_id, name; accounts without a name are left out
-- Index: account_pkey.
SELECT a.account_id, a.name
FROM account AS a
WHERE a.account_id = ANY ($1::text[]) AND a.name IS NOT NULL
