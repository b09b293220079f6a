-- About how many rows the days from one on have. PostgreSQL's estimate: counting would read today again and again.
-- $1 the first day
-- Row: day, n. Reads the catalogue.
SELECT p.from_day AS day, greatest(c.reltuples, 0)::bigint AS n
FROM event_partition AS p
JOIN pg_class AS c ON c.oid = to_regclass(p.partition_name)
WHERE p.from_day >= $1::date AND p.to_day = p.from_day + 1
ORDER BY p.from_day
