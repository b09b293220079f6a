-- Stores blocks of parts.
-- Arrays: $1 day, $2 account id, $3 part, $4 number, $5 columns, $6 records
INSERT INTO event_block (day, account_id, part_no, block_no, columns, raw)
SELECT * FROM unnest($1::date[], $2::text[], $3::integer[], $4::integer[], $5::bytea[], $6::bytea[])
