-- The posting lists, event ids and figures of one part, in the order of their keys.
-- $1 day, $2 account id, $3 part
-- Row: list, first_key, last_key, bytes. Index: event_posting_pkey.
SELECT p.list, p.first_key, p.last_key, p.bytes
FROM event_posting AS p
WHERE p.day = $1::date AND p.account_id = $2::text AND p.part_no = $3::integer
ORDER BY p.list, p.last_key
