-- The newest event of each of some accounts on one day. One look-up an account: as a join the day would be read whole, and so
-- it would without OFFSET, which keeps max() from walking back through the index on time.
-- $1 account ids, $2 the day
-- Row: account_id, last_event_at; accounts without an event are left out. Index: api_event_pkey.
SELECT wanted.account_id, newest.last_event_at
FROM unnest($1::text[]) AS wanted (account_id)
CROSS JOIN LATERAL (
  SELECT max(own.event_time) AS last_event_at
  FROM (
    SELECT e.event_time
    FROM api_event AS e
    WHERE e.event_day = $2::date AND e.account_id = wanted.account_id
    OFFSET 0
  ) AS own
) AS newest
WHERE newest.last_event_at IS NOT NULL
