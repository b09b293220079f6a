-- The accounts that have events of a day as rows.
-- $1 day, $2 the fingerprint of copies, $3 accounts that are left out
-- Row: account_id, n. Index: api_event_pkey of the day.
SELECT e.account_id, count(*) AS n
FROM api_event AS e
WHERE e.event_day = $1::date AND e.content_fp <> $2::uuid AND e.account_id <> ALL ($3::text[])
GROUP BY e.account_id
ORDER BY e.account_id
