-- What one entity is called and where it was seen.
-- $1 its hash, $2 its kind
-- Row: account_id, entity_key, name
-- Index: entity_hash.
SELECT e.account_id, e.entity_key, e.name
FROM entity AS e
WHERE e.entity_hash = $1::bigint AND e.kind = $2::smallint
ORDER BY e.account_id
