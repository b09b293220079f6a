-- Removes the parts that were merged.
-- $1 day, $2 account ids, $3 parts (arrays of one length)
-- Row: parts, events of theirs. Index: the primary keys of both tables.
WITH heads AS (
  DELETE FROM event_part AS p USING unnest($2::text[], $3::integer[]) AS k(account_id, part_no)
  WHERE p.day = $1::date AND p.account_id = k.account_id AND p.part_no = k.part_no
  RETURNING p.n
), pieces AS (
  DELETE FROM event_piece AS p USING unnest($2::text[], $3::integer[]) AS k(account_id, part_no)
  WHERE p.day = $1::date AND p.account_id = k.account_id AND p.part_no = k.part_no
)
SELECT count(*) AS parts, COALESCE(sum(h.n), 0)::bigint AS events FROM heads AS h
