-- Deletes what was counted for days before $1.
-- $1 day
-- Row: the number of rows. Index: none; hourly, over small rows.
WITH forgotten AS (DELETE FROM coverage_day WHERE day < $1::date RETURNING 1)
SELECT count(*) FROM forgotten
