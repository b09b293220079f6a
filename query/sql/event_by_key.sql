-- One event by its whole identity.
-- $1 day, $2 account id, $3 event id, $4 content fingerprint
-- Row: StoredRow of query/event_reader/rows.cpp; none or one
-- Index: api_event_pkey of one day.
SELECT e.event_time, e.event_id, e.content_fp, e.account_id, e.received_at, e.flags, e.event_class, e.outcome,
       e.read_only, e.region, e.service, e.api, e.error_code, e.raw
FROM api_event AS e
WHERE e.event_day = $1::date AND e.account_id = $2::text AND e.event_id = $3::uuid AND e.content_fp = $4::uuid
