-- Which of these new events of one day share their id with an event of other content?
-- $1 day, $2 account ids, $3 event ids, $4 fingerprints (arrays of one length)
-- Rows: ordinal (from 1), older_fp: one of the others. Index: primary key.
SELECT n.ordinal, other.content_fp AS other_fp
FROM unnest($2::text[], $3::uuid[], $4::uuid[]) WITH ORDINALITY AS n(account_id, event_id, content_fp, ordinal)
JOIN api_event AS other
  ON other.event_day = $1::date AND other.account_id = n.account_id AND other.event_id = n.event_id
 AND other.content_fp <> n.content_fp
