-- Between which of some days there may be events as rows. A table without a byte has none, in any snapshot: what a snapshot
-- can see is not removed.
-- $1 first day, $2 last day
-- Row: first_day, last_day; null when there are none. Index: event_range is small; of the tables of rows only the sizes are read.
SELECT min(r.from_day) AS first_day, max(r.to_day) - 1 AS last_day
FROM event_range AS r
WHERE r.from_day <= $2::date AND r.to_day > $1::date AND pg_relation_size(r.row_table) > 0
