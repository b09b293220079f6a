-- What a valid key may do, without its secret: for senders that prove themselves in another way.
-- $1 key id, $2 now
-- Row: KeyScope (schema/registry/api_keys.cpp). Index: api_key_pkey.
SELECT k.key_id, k.name, k.role, array_to_string(k.accounts, ',') AS accounts
FROM find_api_key($1::text, $2::timestamptz) AS k
