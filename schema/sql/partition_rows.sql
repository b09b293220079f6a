-- About how many events are in the partition [$1, $2), and is it empty? The number is PostgreSQL's estimate: counting would
-- read the whole day.
-- $1 first day, $2 the day behind the last
-- Row: rows, empty; or none when there is no such partition. Reads the catalogue and at most one event.
SELECT greatest(c.reltuples, 0)::bigint AS rows,
  NOT EXISTS (SELECT FROM api_event AS e WHERE e.event_day >= $1::date AND e.event_day < $2::date) AS empty
FROM event_partition AS p
JOIN pg_class AS c ON c.oid = p.partition_name::regclass
WHERE p.from_day = $1::date AND p.to_day = $2::date
