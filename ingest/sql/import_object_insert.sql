-- Remembers an object that was imported to the end, or ignored with a reason.
-- $1 location, $2 bytes, $3 sha256, $4 state, $5 detail, $6 delivery id (null when ignored), $7 time
INSERT INTO import_object (location, bytes, sha256, state, detail, delivery_id, finished_at)
VALUES ($1::text, $2::bigint, $3::bytea, $4::text, $5::text, $6::uuid, $7::timestamptz)
ON CONFLICT DO NOTHING
