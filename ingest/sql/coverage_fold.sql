-- Moves what was counted since the last time into the table of days.
-- Row: how many cells that touched
SELECT fold_coverage() AS touched
