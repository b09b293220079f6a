-- All keys, the newest first.
-- Row: ListedKey (schema/registry/api_keys.cpp)
SELECT k.key_id, k.name, k.role, array_to_string(k.accounts, ',') AS accounts, k.created_at, k.expires_at, k.revoked_at
FROM api_key AS k
ORDER BY k.created_at DESC, k.key_id
