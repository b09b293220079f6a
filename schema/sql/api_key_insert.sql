-- Adds a key.
-- $1 key id, $2 SHA-256 of the secret, $3 name, $4 role, $5 accounts, $6 now, $7 when it expires (NULL: never)
INSERT INTO api_key (key_id, secret_sha256, name, role, accounts, created_at, expires_at)
VALUES ($1::text, $2::bytea, $3::text, $4::text, $5::text[], $6::timestamptz, $7::timestamptz)
