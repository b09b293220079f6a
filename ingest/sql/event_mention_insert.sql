-- Stores what new events name.
-- $1…$6 arrays: entity_hash, event_time, event_day, event_id, content_fp, account_id
INSERT INTO event_mention (entity_hash, event_time, event_day, event_id, content_fp, account_id)
SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::date[], $4::uuid[], $5::uuid[], $6::text[])
ON CONFLICT DO NOTHING
