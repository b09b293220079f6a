-- The posting lists of some parts of a day.
-- $1 day, $2 account ids, $3 parts (arrays of one length)
-- Row: ordinal of the part (from 1), bytes of one chunk. Index: event_piece_pkey; OFFSET 0 keeps one look-up a part.
SELECT k.ordinal, x.bytes
FROM unnest($2::text[], $3::integer[]) WITH ORDINALITY AS k(account_id, part_no, ordinal)
CROSS JOIN LATERAL (
  SELECT x.bytes
  FROM event_piece AS x
  WHERE x.day = $1::date AND x.account_id = k.account_id AND x.part_no = k.part_no AND x.kind = 1
  OFFSET 0) AS x
