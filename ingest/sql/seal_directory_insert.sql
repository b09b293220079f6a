-- Stores the directory of a sealing run.
-- $1 day, $2 run; arrays: $3 slots, $4 bytes
INSERT INTO event_directory (slot, day, run_no, bytes)
SELECT r.slot, $1::date, $2::integer, r.bytes FROM unnest($3::integer[], $4::bytea[]) AS r(slot, bytes)
