-- The days whose parts can be merged, before a day: where the two smallest parts of an account and class fit into one, or where
-- there are several directories; but only days to which no part came for a while.
-- $1 the day behind the last, $2 events that a part takes, $3 the time before which the last part came
-- Row: day, sealed_at, the newest. Index: none, the heads of all parts are read; event_directory_day, its two ends of each day.
SELECT l.day, l.sealed_at
FROM (
  SELECT p.day, max(p.sealed_at) AS sealed_at, bool_or(p.least[1] + p.least[2] <= $2::integer) AS fit
  FROM (
    SELECT p.day, max(p.sealed_at) AS sealed_at, (array_agg(p.n ORDER BY p.n))[1:2] AS least
    FROM event_part AS p
    WHERE p.day < $1::date
    GROUP BY p.day, p.account_id, p.event_class) AS p
  GROUP BY p.day) AS l
CROSS JOIN LATERAL (
  SELECT min(d.run_no) < max(d.run_no) AS several FROM event_directory AS d WHERE d.day = l.day) AS d
WHERE l.sealed_at <= $3::timestamptz AND (l.fit OR d.several)
ORDER BY l.day
