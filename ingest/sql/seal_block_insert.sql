-- Stores blocks of a part.
-- $1 day, $2 account id, $3 part; arrays: $4 numbers, $5 columns, $6 records
INSERT INTO event_block (day, account_id, part_no, block_no, columns, raw)
SELECT $1::date, $2::text, $3::integer, b.block_no, b.columns, b.raw
FROM unnest($4::integer[], $5::bytea[], $6::bytea[]) AS b(block_no, columns, raw)
