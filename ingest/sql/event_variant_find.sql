-- Which of these new events share their id with an event of other content?
-- $1 days, $2 account ids, $3 event ids, $4 fingerprints (arrays of one length);
-- $5 the first and $6 the last of the days: others' partitions are not opened
-- Rows: ordinal (from 1), other_fp: of one of the others. Index: primary key; OFFSET 0 keeps one look-up an event, in its
-- day's partition alone.
SELECT n.ordinal, other.content_fp AS other_fp
FROM unnest($1::date[], $2::text[], $3::uuid[], $4::uuid[])
  WITH ORDINALITY AS n(event_day, account_id, event_id, content_fp, ordinal)
CROSS JOIN LATERAL (
  SELECT e.content_fp
  FROM api_event AS e
  WHERE e.event_day BETWEEN $5::date AND $6::date
    AND e.event_day = n.event_day AND e.account_id = n.account_id AND e.event_id = n.event_id
  OFFSET 0) AS other
WHERE other.content_fp <> n.content_fp
