-- Removes the directories of a day that another one replaces.
-- $1 day, $2 the number of that one
-- Row: n, how many rows. Index: event_directory_day.
WITH gone AS (
  DELETE FROM event_directory AS d WHERE d.day = $1::date AND d.run_no < $2::integer RETURNING 1
)
SELECT count(*) AS n FROM gone
