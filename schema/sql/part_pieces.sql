-- The pieces of one part.
-- $1 day, $2 account id, $3 part
-- Row: kind, first_key, last_key, bytes, by kind and key. Index: event_piece_pkey.
SELECT p.kind, p.first_key, p.last_key, p.bytes
FROM event_piece AS p
WHERE p.day = $1::date AND p.account_id = $2::text AND p.part_no = $3::integer
ORDER BY p.kind, p.last_key
