-- Which of some accounts have an API event on a day, within an interval. One look-up an account, ended by the first hit: LIMIT
-- keeps it from becoming a join, and "IS TRUE" keeps the time out of the choice of the index, which would read everybody's
-- day. The first event of the account nearly always fits.
-- $1 account ids, $2 the day, $3 from, $4 before
-- Row: account_id. Index: api_event_pkey.
SELECT wanted.account_id
FROM unnest($1::text[]) AS wanted (account_id)
CROSS JOIN LATERAL (
  SELECT FROM api_event AS e
  WHERE e.event_day = $2::date AND e.account_id = wanted.account_id
    AND (e.event_time >= $3::timestamptz AND e.event_time < $4::timestamptz) IS TRUE
  LIMIT 1
) AS event
