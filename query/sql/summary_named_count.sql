-- How many findings of an interval name each of some entities, in any role, and in how many accounts; those in more than one
-- account first. It counts what GET /findings?entity=… lists. The entities' own findings are gathered first: planned as one
-- join, every finding of the interval would be compared with every entity.
-- $1 the caller's accounts (NULL: all), $2 last seen from, $3 last seen before, $4 whether samples count; arrays, one element
-- an entity: $5 hash, $6 kind, $7 key
-- Row: TopEntityRow (query/findings/summary.cpp). Index: finding_entity_hash, finding_uid_only.
WITH named AS MATERIALIZED (
  SELECT e.kind, e.entity_key, e.account_id, e.finding_uid, max(e.name) AS name
  FROM unnest($5::bigint[], $6::smallint[], $7::text[]) AS wanted (entity_hash, kind, entity_key)
  JOIN finding_entity AS e
    ON e.entity_hash = wanted.entity_hash AND e.kind = wanted.kind AND e.entity_key = wanted.entity_key
  GROUP BY e.kind, e.entity_key, e.account_id, e.finding_uid
)
SELECT named.kind, named.entity_key, max(named.name) AS name, count(*) AS findings,
  count(DISTINCT named.account_id) AS accounts, max(f.last_seen_at) AS last_seen_at
FROM named
JOIN finding AS f ON f.account_id = named.account_id AND f.finding_uid = named.finding_uid
WHERE ($1::text[] IS NULL OR f.account_id = ANY ($1::text[]))
  AND f.last_seen_at >= $2::timestamptz AND f.last_seen_at < $3::timestamptz
  AND NOT f.archived AND (NOT f.sample OR $4::boolean)
GROUP BY named.kind, named.entity_key
ORDER BY count(DISTINCT named.account_id) > 1 DESC, findings DESC, last_seen_at DESC, named.kind, named.entity_key
