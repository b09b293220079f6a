-- Stores notices; those that are known already are left out.
-- $1…$15 one array per column, in the order of the select list
-- Rows: account_id, notice_id of the notices that were new.
INSERT INTO notice (account_id, notice_id, kind, source, detail_type, region, subject, notice_time, first_received_at, door,
  key_id, origin, raw_sha256, raw_bytes, raw)
SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
  $9::timestamptz[], $10::text[], $11::text[], $12::text[], $13::bytea[], $14::integer[], $15::bytea[])
ON CONFLICT DO NOTHING
RETURNING account_id, notice_id
