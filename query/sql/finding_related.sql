-- Other findings that share an entity with one, and which: those that share most first, then the newest.
-- What counts as shared is said in finding_related_count.sql; here the keys' texts are compared as well.
-- $1 account, $2 uid, $3 how many findings, $4 how many findings per entity are looked at
-- Row: account_id, finding_uid, kind, entity_key, name; one per shared entity. Index: finding_entity_pkey, finding_entity_hash.
WITH mine AS MATERIALIZED (
  SELECT e.entity_hash, e.kind, e.entity_key, max(e.name) AS name
  FROM finding_entity AS e
  WHERE e.account_id = $1::text AND e.finding_uid = $2::uuid
    AND e.kind IN (2, 3, 4, 5, 6, 8) AND (e.kind NOT IN (6, 8) OR e.role <> 4)
    AND e.entity_key NOT LIKE 'service:%'
  GROUP BY e.entity_hash, e.kind, e.entity_key
),
shared AS MATERIALIZED (
  SELECT other.account_id, other.finding_uid, mine.kind, mine.entity_key, mine.name
  FROM mine
  CROSS JOIN LATERAL (
    SELECT e.account_id, e.finding_uid
    FROM finding_entity AS e
    WHERE e.entity_hash = mine.entity_hash AND (e.account_id, e.finding_uid) <> ($1::text, $2::uuid)
    GROUP BY e.account_id, e.finding_uid
    ORDER BY e.account_id, e.finding_uid
    LIMIT $4::bigint
  ) AS other
),
ranked AS (
  SELECT f.account_id, f.finding_uid, f.last_seen_at, several.n
  FROM (SELECT shared.account_id, shared.finding_uid, count(*) AS n FROM shared GROUP BY 1, 2) AS several
  JOIN finding AS f ON f.account_id = several.account_id AND f.finding_uid = several.finding_uid
  ORDER BY several.n DESC, f.last_seen_at DESC, f.account_id, f.finding_uid
  LIMIT $3::bigint
)
SELECT ranked.account_id, ranked.finding_uid, shared.kind, shared.entity_key, shared.name
FROM ranked
JOIN shared ON shared.account_id = ranked.account_id AND shared.finding_uid = ranked.finding_uid
WHERE EXISTS (
  SELECT FROM finding_entity AS e
  WHERE e.account_id = shared.account_id AND e.finding_uid = shared.finding_uid
    AND e.kind = shared.kind AND e.entity_key = shared.entity_key
)
ORDER BY ranked.n DESC, ranked.last_seen_at DESC, ranked.account_id, ranked.finding_uid, shared.kind, shared.entity_key
