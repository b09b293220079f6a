-- All lists of event ids of some parts.
-- $1 days, $2 account ids, $3 parts (arrays of one length);
-- $4 the first and $5 the last of the days: others' partitions are not opened
-- Row: day, account_id, part_no, bytes. Index: event_piece_pkey; OFFSET 0 keeps one look-up a part, in its day's partition alone.
SELECT p.day, p.account_id, p.part_no, p.bytes
FROM unnest($1::date[], $2::text[], $3::integer[]) AS k(day, account_id, part_no)
CROSS JOIN LATERAL (
  SELECT p.day, p.account_id, p.part_no, p.bytes
  FROM event_piece AS p
  WHERE p.day BETWEEN $4::date AND $5::date
    AND p.day = k.day AND p.account_id = k.account_id AND p.part_no = k.part_no AND p.kind = 2
  OFFSET 0) AS p
