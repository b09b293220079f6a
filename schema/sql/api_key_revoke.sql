-- Ends a key; one that ended already keeps its time.
-- $1 key id, $2 now
-- Row: key_id, when there is such a key. Index: api_key_pkey.
UPDATE api_key AS k SET revoked_at = coalesce(k.revoked_at, $2::timestamptz)
WHERE k.key_id = $1::text
RETURNING k.key_id
