-- What the events of some accounts on a day are sealed by.
-- $1 day, $2 account ids, $3 the fingerprint of copies
-- Row: account_id, event_class, principal, event_time, event_id, content_fp, in no order. Index: api_event_pkey of the day.
SELECT e.account_id, e.event_class, COALESCE(e.principal_hash, 0) AS principal, e.event_time, e.event_id, e.content_fp
FROM api_event AS e
WHERE e.event_day = $1::date AND e.account_id = ANY ($2::text[]) AND e.content_fp <> $3::uuid
