-- Stores pieces of parts.
-- Arrays: $1 day, $2 account id, $3 part, $4 kind, $5 first and $6 last key, $7 bytes
INSERT INTO event_piece (day, account_id, part_no, kind, first_key, last_key, bytes)
SELECT * FROM unnest($1::date[], $2::text[], $3::integer[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bytea[])
