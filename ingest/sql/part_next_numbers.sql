-- How many parts some accounts' days have, and the numbers of the next ones: merging leaves gaps.
-- $1 days, $2 account ids (arrays of one length)
-- Row: ordinal (from 1), next_no, parts; those without a part are left out. Index: event_part_pkey.
SELECT n.ordinal, p.next_no, p.parts
FROM unnest($1::date[], $2::text[]) WITH ORDINALITY AS n(day, account_id, ordinal)
CROSS JOIN LATERAL (
  SELECT max(p.part_no) + 1 AS next_no, count(*) AS parts
  FROM event_part AS p
  WHERE p.day = n.day AND p.account_id = n.account_id) AS p
WHERE p.next_no IS NOT NULL
