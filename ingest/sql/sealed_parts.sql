-- The parts of some days and accounts.
-- $1 days, $2 account ids (arrays of one length)
-- Row: day, account_id, part_no, n, layout. Index: event_part_pkey; OFFSET 0 keeps the look-ups, every batch asks this.
SELECT p.day, p.account_id, p.part_no, p.n, p.layout
FROM unnest($1::date[], $2::text[]) AS k(day, account_id)
CROSS JOIN LATERAL (
  SELECT p.*
  FROM event_part AS p
  WHERE p.day = k.day AND p.account_id = k.account_id
  OFFSET 0) AS p
