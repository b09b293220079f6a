-- What was counted per account, Region and source, with the active hours of its last days.
-- $1 accounts, $2 Regions, $3 sources (NULL: all), $4 today, $5 how many days of hours before the last record
-- Row: CellRow (query/coverage/coverage.cpp); history is "day:hours …", days since 1970, in no order, a day more than once when
-- parts of it are not folded yet. Index: none; the whole history is summed, some hundred thousand small rows in a large
-- organisation, twice, because sorting them to do it once takes longer.
WITH heard AS NOT MATERIALIZED (
  SELECT d.account_id, d.region, d.source, d.day, d.records, d.hours, d.first_at, d.last_at, d.last_received_at
  FROM coverage_day AS d
  WHERE ($1::text[] IS NULL OR d.account_id = ANY ($1::text[]))
    AND ($2::text[] IS NULL OR d.region = ANY ($2::text[]))
    AND ($3::smallint[] IS NULL OR d.source = ANY ($3::smallint[]))
  UNION ALL
  SELECT d.account_id, d.region, d.source, d.day, d.records, d.hours, d.first_at, d.last_at, d.last_received_at
  FROM coverage_delta AS d
  WHERE ($1::text[] IS NULL OR d.account_id = ANY ($1::text[]))
    AND ($2::text[] IS NULL OR d.region = ANY ($2::text[]))
    AND ($3::smallint[] IS NULL OR d.source = ANY ($3::smallint[]))
), cell AS MATERIALIZED (
  SELECT h.account_id, h.region, h.source, sum(h.records)::bigint AS records, min(h.first_at) AS first_at,
    max(h.last_at) AS last_at, max(h.last_received_at) AS last_received_at, least(max(h.day), $4::date) AS last_day
  FROM heard AS h
  GROUP BY h.account_id, h.region, h.source
), active AS (
  SELECT h.account_id, h.region, h.source, string_agg((h.day - date '1970-01-01') || ':' || h.hours, ' ') AS history
  FROM heard AS h
  JOIN cell AS c ON c.account_id = h.account_id AND c.region = h.region AND c.source = h.source
  WHERE h.day > c.last_day - $5::integer
  GROUP BY h.account_id, h.region, h.source
)
SELECT c.account_id, c.region, c.source, c.records, c.first_at, c.last_at, c.last_received_at, a.history
FROM cell AS c
LEFT JOIN active AS a ON a.account_id = c.account_id AND a.region = c.region AND a.source = c.source
