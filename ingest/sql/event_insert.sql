-- Stores events; those that are known already are left out.
-- $1…$21 one array per column, in the order of the select list
-- Rows: event_id, content_fp of the events that were new. The primary key is the whole memory of what was stored.
INSERT INTO api_event (event_time, received_at, principal_hash, session_hash, access_key_hash, instance_hash,
  ip_address_hash, user_agent_hash, event_day, flags, event_id, content_fp, event_class, outcome, read_only, account_id,
  region, service, api, error_code, raw)
SELECT * FROM unnest($1::timestamptz[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
  $7::bigint[], $8::bigint[], $9::date[], $10::integer[], $11::uuid[], $12::uuid[], $13::smallint[], $14::smallint[],
  $15::boolean[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::bytea[])
ON CONFLICT DO NOTHING
RETURNING event_id, content_fp
