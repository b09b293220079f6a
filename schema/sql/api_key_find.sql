-- A valid key by its id; the api role has no other way to keys.
-- $1 key id, $2 now
-- Row: StoredKey (schema/registry/api_keys.cpp). Index: api_key_pkey.
SELECT k.key_id, k.secret_sha256, k.name, k.role, array_to_string(k.accounts, ',') AS accounts
FROM find_api_key($1::text, $2::timestamptz) AS k
