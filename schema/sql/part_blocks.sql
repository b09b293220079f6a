-- The blocks of one part, in their order.
-- $1 day, $2 account id, $3 part
-- Row: columns, raw. Index: event_block_pkey.
SELECT b.columns, b.raw
FROM event_block AS b
WHERE b.day = $1::date AND b.account_id = $2::text AND b.part_no = $3::integer
ORDER BY b.block_no
