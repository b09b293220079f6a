-- The latest removals, newest first.
-- $1 how many
-- Rows: Removal (schema/retention/retention_run.hpp). Index: removal_removed_at.
SELECT removed_at, what, from_day, to_day, row_count, counted, archive, encode(manifest_sha256, 'hex') AS manifest_sha256
FROM removal
ORDER BY removed_at DESC, what, from_day
LIMIT $1::integer
