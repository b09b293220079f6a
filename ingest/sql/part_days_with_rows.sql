-- Which of these accounts have events of these days as rows?
-- $1 days, $2 account ids (arrays of one length); $3 the first and $4 the last of the days: others' partitions are not opened
-- Rows: ordinal (from 1). Index: primary key, one look-up each.
SELECT n.ordinal
FROM unnest($1::date[], $2::text[]) WITH ORDINALITY AS n(event_day, account_id, ordinal)
CROSS JOIN LATERAL (
  SELECT FROM api_event AS e
  WHERE e.event_day BETWEEN $3::date AND $4::date AND e.event_day = n.event_day AND e.account_id = n.account_id
  LIMIT 1) AS stored
