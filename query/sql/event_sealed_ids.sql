-- The parts that may have an event id, with the list that may say where.
-- $1 first day, $2 last day, $3 accounts (NULL: all), $4 the first 24 bits of the id, $5 the same as bytes
-- Row: HeadColumn of query/event_reader/part_loader.cpp, bytes. Index: event_part_pkey, event_piece_pkey: one look-up a part. Lists begin
-- with the first 3 bytes of each of their ids; a hit that begins elsewhere is no hit, and is seen when it is decoded.
SELECT p.day, p.account_id, p.part_no, p.event_class, p.n, p.first_at, p.last_at, p.layout, c.bytes
FROM event_part AS p
CROSS JOIN LATERAL (
  SELECT x.first_key, x.bytes
  FROM event_piece AS x
  WHERE x.day = p.day AND x.account_id = p.account_id AND x.part_no = p.part_no AND x.kind = 2 AND x.last_key >= $4::bigint
  ORDER BY x.last_key
  LIMIT 1) AS c
WHERE p.day BETWEEN $1::date AND $2::date AND ($3::text[] IS NULL OR p.account_id = ANY ($3::text[]))
  AND c.first_key <= $4::bigint AND position($5::bytea IN c.bytes) > 0
