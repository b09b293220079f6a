-- The findings that name entities: for every condition at least one of its entities, matched by hash and by text.
-- $1…$5 arrays, one element an entity: hash, kind, key, role (0 for any), condition; $6 how many conditions there are
-- Row: finding_uid. Index: finding_entity_hash.
SELECT e.finding_uid
FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::smallint[], $5::integer[])
  AS wanted (entity_hash, kind, entity_key, role, condition)
JOIN finding_entity AS e
  ON e.entity_hash = wanted.entity_hash AND e.kind = wanted.kind AND e.entity_key = wanted.entity_key
 AND (wanted.role = 0 OR e.role = wanted.role)
GROUP BY e.account_id, e.finding_uid
HAVING count(DISTINCT wanted.condition) = $6::bigint
