-- The accounts among the newest events, with the time of their newest.
-- $1 how many events are looked at
-- Row: account_id, last_event_at. Index: api_event_time.
SELECT newest.account_id, max(newest.event_time) AS last_event_at
FROM (SELECT e.account_id, e.event_time FROM api_event AS e ORDER BY e.event_time DESC LIMIT $1::bigint) AS newest
GROUP BY newest.account_id
