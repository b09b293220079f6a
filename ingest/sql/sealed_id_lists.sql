-- All lists of event ids of some parts.
-- $1 days, $2 account ids, $3 parts (arrays of one length)
-- Row: day, account_id, part_no, bytes. Index: event_piece_pkey; OFFSET 0 keeps one look-up a part.
SELECT p.day, p.account_id, p.part_no, p.bytes
FROM unnest($1::date[], $2::text[], $3::integer[]) AS k(day, account_id, part_no)
CROSS JOIN LATERAL (
  SELECT p.day, p.account_id, p.part_no, p.bytes
  FROM event_piece AS p
  WHERE p.day = k.day AND p.account_id = k.account_id AND p.part_no = k.part_no AND p.kind = 2
  OFFSET 0) AS p
