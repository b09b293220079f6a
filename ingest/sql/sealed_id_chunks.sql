-- The lists of event ids that may hold some ids, each list once.
-- $1 days, $2 account ids, $3 parts, $4 keys of the ids (arrays of one length)
-- Row: day, account_id, part_no, bytes. Index: event_piece_pkey; OFFSET 0 keeps the look-ups.
WITH wanted AS (
  SELECT DISTINCT k.day, k.account_id, k.part_no, c.last_key
  FROM unnest($1::date[], $2::text[], $3::integer[], $4::bigint[]) AS k(day, account_id, part_no, key)
  CROSS JOIN LATERAL (
    SELECT p.last_key
    FROM event_piece AS p
    WHERE p.day = k.day AND p.account_id = k.account_id AND p.part_no = k.part_no AND p.kind = 2 AND p.last_key >= k.key
    ORDER BY p.last_key
    LIMIT 1) AS c
)
SELECT w.day, w.account_id, w.part_no, p.bytes
FROM wanted AS w
CROSS JOIN LATERAL (
  SELECT p.bytes
  FROM event_piece AS p
  WHERE p.day = w.day AND p.account_id = w.account_id AND p.part_no = w.part_no AND p.kind = 2 AND p.last_key = w.last_key
  OFFSET 0) AS p
