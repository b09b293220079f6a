-- Posting lists of entities on some days in some accounts, from all parts of them.
-- $1 days, $2 account ids, $3 hashes (arrays of one length)
-- Row: HeadColumn of query/event_reader/part_loader.cpp, hash, bytes, digest: the chunk that has the list, if there is one.
-- Index: event_part_pkey, event_piece_pkey; OFFSET 0 keeps the look-ups.
SELECT p.day, p.account_id, p.part_no, p.event_class, p.n, p.first_at, p.last_at, p.layout, k.hash, c.bytes, p.digest
FROM unnest($1::date[], $2::text[], $3::bigint[]) AS k(day, account_id, hash)
CROSS JOIN LATERAL (
  SELECT p.*
  FROM event_part AS p
  WHERE p.day = k.day AND p.account_id = k.account_id
  OFFSET 0) AS p
CROSS JOIN LATERAL (
  SELECT x.first_key, x.bytes
  FROM event_piece AS x
  WHERE x.day = k.day AND x.account_id = k.account_id AND x.part_no = p.part_no AND x.kind = 1 AND x.last_key >= k.hash
  ORDER BY x.last_key
  LIMIT 1) AS c
WHERE c.first_key <= k.hash
