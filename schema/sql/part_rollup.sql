-- The figures of one part.
-- $1 day, $2 account id, $3 part
-- Row: bytes. Index: event_rollup_pkey.
SELECT r.bytes
FROM event_rollup AS r
WHERE r.day = $1::date AND r.account_id = $2::text AND r.part_no = $3::integer
