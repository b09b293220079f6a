-- Removes OCSF copies of events whose CloudTrail record was stored now.
-- $1 day, $2 account ids, $3 event ids
-- Rows: account_id, event_id of the copies that went. Index: primary key.
SELECT account_id, event_id FROM supersede_events($1::date, $2::text[], $3::uuid[])
