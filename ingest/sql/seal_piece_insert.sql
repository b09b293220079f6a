-- Stores pieces of a part.
-- $1 day, $2 account id, $3 part; arrays: $4 kinds, $5 first and $6 last keys, $7 bytes
INSERT INTO event_piece (day, account_id, part_no, kind, first_key, last_key, bytes)
SELECT $1::date, $2::text, $3::integer, c.kind, c.first_key, c.last_key, c.bytes
FROM unnest($4::smallint[], $5::bigint[], $6::bigint[], $7::bytea[]) AS c(kind, first_key, last_key, bytes)
