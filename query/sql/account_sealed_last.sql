-- The newest sealed event of each account.
-- Row: account_id, last_event_at. Index: none; a row for each account, day and class is read.
SELECT p.account_id, max(p.last_at) AS last_event_at
FROM event_part AS p
GROUP BY p.account_id
