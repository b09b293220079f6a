-- The latest removals, newest first.
-- $1 how many
-- Rows: removed_at, what, from_day, to_day, row_count, counted. Index: removal_removed_at.
SELECT removed_at, what, from_day, to_day, row_count, counted
FROM removal
ORDER BY removed_at DESC, what, from_day
LIMIT $1::integer
