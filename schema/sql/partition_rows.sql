-- About how many events are in the partition [$1, $2), and is it empty? The number of rows is PostgreSQL's estimate: counting
-- would read the whole day. Sealed events are known exactly.
-- $1 first day, $2 the day behind the last
-- Row: rows, empty; or none when there is no such partition. Reads the catalogue, at most one event, and the heads of parts.
SELECT CASE WHEN held.any_row THEN greatest(c.reltuples, 0)::bigint ELSE 0 END + sealed.n AS rows,
  NOT held.any_row AND sealed.n = 0 AS empty
FROM event_partition AS p
LEFT JOIN pg_class AS c ON c.oid = to_regclass(p.partition_name)
CROSS JOIN (
  SELECT EXISTS (SELECT FROM api_event AS e WHERE e.event_day >= $1::date AND e.event_day < $2::date) AS any_row
) AS held
CROSS JOIN (
  SELECT COALESCE(sum(e.n), 0)::bigint AS n FROM event_part AS e WHERE e.day >= $1::date AND e.day < $2::date
) AS sealed
WHERE p.from_day = $1::date AND p.to_day = $2::date
