-- The entities that any version of a finding named: actors, targets, remote addresses, related things; each in the order of
-- mention of its newest version.
-- $1 account, $2 uid, $3 how many
-- Row: EntityRow (query/findings/finding_detail.cpp). Index: finding_entity_pkey.
SELECT e.kind, e.entity_key, e.name, e.role, e.attributes::text AS attributes, e.first_seen_at, e.last_seen_at
FROM finding_entity AS e
WHERE e.account_id = $1::text AND e.finding_uid = $2::uuid
ORDER BY e.role, e.detail_order DESC, e.position, e.kind, e.entity_key COLLATE "C"
LIMIT $3::bigint
