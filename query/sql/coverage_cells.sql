-- What was counted per account, Region and source, with the active hours of its last days.
-- $1 accounts, $2 Regions, $3 sources (NULL: all), $4 today, $5 how many days of hours before the last record
-- Row: CellRow (query/coverage/coverage.cpp); history is "day:hours …", days since 1970, ascending. Index: coverage_day_pkey; the
-- whole history is summed, some hundred thousand small rows in a large organisation.
WITH counted AS (
  SELECT b.account_id, b.region, b.source, b.day, sum(b.records)::bigint AS records, bit_or(b.hours) AS hours,
    min(b.first_at) AS first_at, max(b.last_at) AS last_at, max(b.last_received_at) AS last_received_at
  FROM (
    SELECT d.account_id, d.region, d.source, d.day, d.records, d.hours, d.first_at, d.last_at, d.last_received_at
    FROM coverage_day AS d
    UNION ALL
    SELECT d.account_id, d.region, d.source, d.day, d.records, d.hours, d.first_at, d.last_at, d.last_received_at
    FROM coverage_delta AS d
  ) AS b
  WHERE ($1::text[] IS NULL OR b.account_id = ANY ($1::text[]))
    AND ($2::text[] IS NULL OR b.region = ANY ($2::text[]))
    AND ($3::smallint[] IS NULL OR b.source = ANY ($3::smallint[]))
  GROUP BY b.account_id, b.region, b.source, b.day
), dated AS (
  SELECT c.*, least(max(c.day) OVER (PARTITION BY c.account_id, c.region, c.source), $4::date) AS last_day
  FROM counted AS c
)
SELECT d.account_id, d.region, d.source, sum(d.records)::bigint AS records, min(d.first_at) AS first_at,
  max(d.last_at) AS last_at, max(d.last_received_at) AS last_received_at,
  string_agg((d.day - date '1970-01-01') || ':' || d.hours, ' ' ORDER BY d.day)
    FILTER (WHERE d.day > d.last_day - $5::integer) AS history
FROM dated AS d
GROUP BY d.account_id, d.region, d.source
ORDER BY d.account_id, d.region, d.source
