-- The days that have events as rows, before a day, with how many and when the last of them came. Copies in OCSF are left out: they stay rows,
-- because a record that comes later takes their place.
-- $1 the day behind the last, $2 the fingerprint of copies
-- Row: day, n, last_received_at, has_parts. Index: none; days that are sealed have few rows.
SELECT e.event_day AS day, count(*) AS n, max(e.received_at) AS last_received_at,
       EXISTS (SELECT FROM event_part AS p WHERE p.day = e.event_day) AS has_parts
FROM api_event AS e
WHERE e.event_day < $1::date AND e.content_fp <> $2::uuid
GROUP BY e.event_day
ORDER BY e.event_day
