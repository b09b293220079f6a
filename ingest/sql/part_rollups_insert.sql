-- Stores the figures of parts.
-- Arrays: $1 day, $2 account id, $3 part, $4 bytes
INSERT INTO event_rollup (day, account_id, part_no, bytes)
SELECT * FROM unnest($1::date[], $2::text[], $3::integer[], $4::bytea[])
