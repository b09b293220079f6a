-- The directories of a day: of one run, or all.
-- $1 day, $2 run (NULL: all)
-- Row: slot, bytes. Index: event_directory_day.
SELECT d.slot, d.bytes FROM event_directory AS d WHERE d.day = $1::date AND ($2::integer IS NULL OR d.run_no = $2::integer)
