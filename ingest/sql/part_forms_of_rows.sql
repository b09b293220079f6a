-- Which contents of these events are stored as rows?
-- $1 days, $2 account ids, $3 event ids (arrays of one length);
-- $4 the first and $5 the last of the days: others' partitions are not opened
-- Rows: ordinal (from 1), content_fp. Index: primary key; OFFSET 0 keeps one look-up an event, in its day's partition alone.
SELECT n.ordinal, stored.content_fp
FROM unnest($1::date[], $2::text[], $3::uuid[]) WITH ORDINALITY AS n(event_day, account_id, event_id, ordinal)
CROSS JOIN LATERAL (
  SELECT e.content_fp
  FROM api_event AS e
  WHERE e.event_day BETWEEN $4::date AND $5::date
    AND e.event_day = n.event_day AND e.account_id = n.account_id AND e.event_id = n.event_id
  OFFSET 0) AS stored
