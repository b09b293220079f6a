-- The newest event of each of some accounts on one day.
-- $1 account ids, $2 the day
-- Row: account_id, last_event_at; accounts without an event are left out. Index: api_event_pkey.
SELECT e.account_id, max(e.event_time) AS last_event_at
FROM api_event AS e
WHERE e.event_day = $2::date AND e.account_id = ANY ($1::text[])
GROUP BY e.account_id
