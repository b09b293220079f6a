-- Which forms of these events are stored already?
-- $1 days, $2 account ids, $3 event ids (arrays of one length);
-- $4 the first and $5 the last of the days: others' partitions are not opened
-- Rows: ordinal (from 1), second (of the event time, since 1970), service, api. Index: primary key.
SELECT n.ordinal, floor(extract(epoch FROM e.event_time))::bigint AS second, e.service, e.api
FROM unnest($1::date[], $2::text[], $3::uuid[]) WITH ORDINALITY AS n(event_day, account_id, event_id, ordinal)
JOIN api_event AS e
  ON e.event_day BETWEEN $4::date AND $5::date AND e.event_day = n.event_day AND e.account_id = n.account_id AND e.event_id = n.event_id
