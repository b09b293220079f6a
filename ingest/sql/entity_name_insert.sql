-- Names of entities for search. Of two names the greater one stays, whatever the order.
-- $1…$5 arrays: account_id, kind, entity_hash, entity_key, name
INSERT INTO entity (account_id, kind, entity_hash, entity_key, name)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::text[], $5::text[])
ON CONFLICT (account_id, kind, entity_hash) DO UPDATE SET name = excluded.name WHERE excluded.name > entity.name
