-- Posting lists of entities on some days, from all parts that may have them: event_entity_accounts and event_part_lists in one.
-- $1 hashes, $2 first day, $3 last day, $4 accounts (NULL: all)
-- Row: HeadColumn of query/event_reader/part_loader.cpp, hash, bytes, digest; some more than once. Index: event_directory_pkey inside the
-- function, event_part_pkey, event_piece_pkey; OFFSET 0 keeps the look-ups.
SELECT p.day, p.account_id, p.part_no, p.event_class, p.n, p.first_at, p.last_at, p.layout, k.entity_hash, c.bytes, p.digest
FROM (
  SELECT DISTINCT d.entity_hash, d.event_day, d.account_id
  FROM entity_accounts($1::bigint[], $2::date, $3::date) AS d
  WHERE $4::text[] IS NULL OR d.account_id = ANY ($4::text[])
  OFFSET 0) AS k
CROSS JOIN LATERAL (
  SELECT p.*
  FROM event_part AS p
  WHERE p.day = k.event_day AND p.account_id = k.account_id
  OFFSET 0) AS p
CROSS JOIN LATERAL (
  SELECT x.first_key, x.bytes
  FROM event_piece AS x
  WHERE x.day = k.event_day AND x.account_id = k.account_id AND x.part_no = p.part_no AND x.kind = 1 AND x.last_key >= k.entity_hash
  ORDER BY x.last_key
  LIMIT 1) AS c
WHERE c.first_key <= k.entity_hash
