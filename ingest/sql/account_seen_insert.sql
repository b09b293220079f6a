-- Accounts that something arrived for; a registered one stays as it is.
-- $1 array of account ids, $2 time
INSERT INTO account (account_id, first_received_at)
SELECT id, $2::timestamptz FROM unnest($1::text[]) AS id
ON CONFLICT DO NOTHING
