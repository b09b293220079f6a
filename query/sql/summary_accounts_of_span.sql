-- Which of some accounts have an API event in a range of days that shares one partition (old and sparse days).
-- $1 account ids, $2 the first day, $3 the day after the last, $4 from, $5 before
-- Row: account_id. Index: api_event_pkey.
SELECT DISTINCT e.account_id
FROM api_event AS e
WHERE e.event_day >= $2::date AND e.event_day < $3::date AND e.account_id = ANY ($1::text[])
  AND e.event_time >= $4::timestamptz AND e.event_time < $5::timestamptz
