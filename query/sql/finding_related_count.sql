-- How many other findings share an entity with each finding given, counted up to a limit.
-- An address or resource counts when the finding is about it (vpc and subnet ids would join a whole account), and services
-- never do. The inner part reads nothing but the index, and no further than the limit: a key may be named by thousands of
-- findings. (Comparing the keys' text as well would read the table, 27 ms instead of 0.5 ms a finding; the detail does it.)
-- $1 account ids, $2 uids, $3 the limit
-- Row: account_id, finding_uid, related. Index: finding_entity_pkey, finding_entity_hash.
SELECT wanted.account_id, wanted.finding_uid, least(related.n, $3::bigint) AS related
FROM unnest($1::text[], $2::uuid[]) AS wanted (account_id, finding_uid)
CROSS JOIN LATERAL (
  SELECT count(DISTINCT other.finding_uid) AS n
  FROM finding_entity AS mine
  CROSS JOIN LATERAL (
    SELECT e.account_id, e.finding_uid
    FROM finding_entity AS e
    WHERE e.entity_hash = mine.entity_hash AND (e.account_id, e.finding_uid) <> (mine.account_id, mine.finding_uid)
    GROUP BY e.account_id, e.finding_uid
    ORDER BY e.account_id, e.finding_uid
    LIMIT $3::bigint
  ) AS other
  WHERE mine.account_id = wanted.account_id AND mine.finding_uid = wanted.finding_uid
    AND mine.kind IN (2, 3, 4, 5, 6, 8) AND (mine.kind NOT IN (6, 8) OR mine.role <> 4)
    AND mine.entity_key NOT LIKE 'service:%'
) AS related
