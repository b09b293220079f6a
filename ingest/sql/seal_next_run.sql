-- The number of the next directory of a day.
-- $1 day
-- Row: next_no. Index: event_directory_day.
SELECT COALESCE(max(d.run_no) + 1, 0) AS next_no FROM event_directory AS d WHERE d.day = $1::date
