-- The bytes of some blocks: their columns, or columns and records.
-- $1 days, $2 account ids, $3 parts, $4 blocks, $5 their first bytes, $6 bytes of their columns, $7 bytes to read (arrays of one length)
-- Row: day, account_id, part_no, block_no, bytes of the columns, bytes. Index: event_piece_pkey of those days; OFFSET 0 keeps the look-ups.
-- Of a stored value only the pieces are read that hold the wanted bytes.
SELECT k.day, k.account_id, k.part_no, k.block_no, k.columns_bytes, b.bytes
FROM unnest($1::date[], $2::text[], $3::integer[], $4::integer[], $5::integer[], $6::integer[], $7::integer[])
  AS k(day, account_id, part_no, block_no, first_byte, columns_bytes, size)
CROSS JOIN LATERAL (
  SELECT substring(b.bytes FROM k.first_byte FOR k.size) AS bytes
  FROM event_piece AS b
  WHERE b.day = k.day AND b.account_id = k.account_id AND b.part_no = k.part_no AND b.kind = 4 AND b.last_key = 0
  OFFSET 0) AS b
