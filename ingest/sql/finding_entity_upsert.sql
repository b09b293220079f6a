-- Unites the entities of one version with those of earlier ones.
-- $1 account, $2 finding uid, $3 detail order, $4 when it was seen, $5…$10 arrays: kind, key, role, position, hash, name; $11 attributes (JSON text, null for none)
INSERT INTO finding_entity AS e (account_id, finding_uid, kind, entity_key, role, position, entity_hash, name, attributes,
  detail_order, first_seen_at, last_seen_at)
SELECT $1::text, $2::uuid, n.kind, n.entity_key, n.role, n.position, n.entity_hash, n.name, n.attributes::jsonb,
  $3::bytea, $4::timestamptz, $4::timestamptz
FROM unnest($5::smallint[], $6::text[], $7::smallint[], $8::smallint[], $9::bigint[], $10::text[], $11::text[])
  AS n(kind, entity_key, role, position, entity_hash, name, attributes)
ON CONFLICT (account_id, finding_uid, kind, entity_key, role) DO UPDATE SET
  first_seen_at = least(e.first_seen_at, excluded.first_seen_at),
  last_seen_at = greatest(e.last_seen_at, excluded.last_seen_at),
  detail_order = greatest(e.detail_order, excluded.detail_order),
  position = CASE WHEN excluded.detail_order > e.detail_order THEN excluded.position ELSE e.position END,
  -- greatest() ignores nulls and commutes: any order of arrival gives the same row
  name = greatest(e.name, excluded.name),
  -- each attribute by itself, so that no form takes away what another knows
  attributes = (SELECT jsonb_object_agg(a.key, a.value) FROM (
      SELECT b.key, max(b.value) AS value
      FROM (SELECT * FROM jsonb_each_text(e.attributes) UNION ALL SELECT * FROM jsonb_each_text(excluded.attributes)) AS b
      GROUP BY b.key) AS a)
