-- How many API events happened in an interval.
-- $1 from, $2 before, $3 the first day, $4 the last day of the interval
-- Row: total. Index: api_event_time.
SELECT count(*) AS total
FROM api_event AS e
WHERE e.event_day >= $3::date AND e.event_day <= $4::date
  AND e.event_time >= $1::timestamptz AND e.event_time < $2::timestamptz
