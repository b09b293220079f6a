-- How many directories a day has, and in how many rows.
-- $1 day
-- Row: directories, row_count. Index: event_directory_day.
SELECT count(DISTINCT d.run_no) AS directories, count(*) AS row_count FROM event_directory AS d WHERE d.day = $1::date
