-- Remembers objects that were imported to the end, or ignored with a reason.
-- Arrays: $1 location, $2 bytes, $3 sha256, $4 state, $5 detail, $6 delivery id (null when ignored); $7 time
INSERT INTO import_object (location, bytes, sha256, state, detail, delivery_id, finished_at)
SELECT o.*, $7::timestamptz
FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::text[], $5::text[], $6::uuid[]) AS o
ON CONFLICT DO NOTHING
