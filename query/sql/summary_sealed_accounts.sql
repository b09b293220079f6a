-- Which of some accounts have sealed events around an interval. Certain: the first or last event of a part lies inside. Others have parts that
-- begin before and end behind it.
-- $1 account ids, $2 the first day, $3 the last day of the interval, $4 from, $5 before
-- Row: account_id, certain. Index: event_part_pkey of those days.
SELECT p.account_id,
       bool_or((p.first_at >= $4::timestamptz AND p.first_at < $5::timestamptz)
               OR (p.last_at >= $4::timestamptz AND p.last_at < $5::timestamptz)) AS certain
FROM event_part AS p
WHERE p.day BETWEEN $2::date AND $3::date AND p.account_id = ANY ($1::text[])
  AND p.first_at < $5::timestamptz AND p.last_at >= $4::timestamptz
GROUP BY p.account_id
