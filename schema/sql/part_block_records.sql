-- Some blocks with their records.
-- $1 days, $2 account ids, $3 parts, $4 blocks (arrays of one length)
-- Row: day, account_id, part_no, block_no, columns, raw. Index: event_block_pkey of those days; OFFSET 0 keeps the look-ups.
SELECT k.day, k.account_id, k.part_no, k.block_no, b.columns, b.raw
FROM unnest($1::date[], $2::text[], $3::integer[], $4::integer[]) AS k(day, account_id, part_no, block_no)
CROSS JOIN LATERAL (
  SELECT b.columns, b.raw
  FROM event_block AS b
  WHERE b.day = k.day AND b.account_id = k.account_id AND b.part_no = k.part_no AND b.block_no = k.block_no
  OFFSET 0) AS b
