-- Stores the directory of the parts that an import wrote for a day.
-- $1 day; arrays: $2 slots, $3 bytes
SELECT add_event_directory($1::date, $2::integer[], $3::bytea[])
