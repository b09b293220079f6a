-- The figures of the sealed parts of some days.
-- $1 first day, $2 last day, $3 accounts (NULL: all)
-- Row: HeadColumn of query/event_reader/part_loader.cpp, the bytes in place of the layout. Index: event_part_pkey of those days, event_piece_pkey; OFFSET 0 keeps one look-up a part.
SELECT p.day, p.account_id, p.part_no, p.event_class, p.n, p.first_at, p.last_at, x.bytes
FROM event_part AS p
CROSS JOIN LATERAL (
  SELECT x.bytes
  FROM event_piece AS x
  WHERE x.day = p.day AND x.account_id = p.account_id AND x.part_no = p.part_no AND x.kind = 3
  OFFSET 0) AS x
WHERE p.day BETWEEN $1::date AND $2::date AND ($3::text[] IS NULL OR p.account_id = ANY ($3::text[]))
