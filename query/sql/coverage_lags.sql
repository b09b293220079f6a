-- How long records took to arrive, per account, Region and source: the histogram of the days from one on.
-- $1 accounts, $2 Regions, $3 sources (NULL: all), $4 the first day
-- Row: LagRow (query/coverage/coverage.cpp); bucket counts from 0 (schema/model/coverage.hpp). Index: none; see coverage_cells.sql.
SELECT b.account_id, b.region, b.source, l.position::integer - 1 AS bucket, sum(l.n)::bigint AS records
FROM (
  SELECT d.account_id, d.region, d.source, d.day, d.lags FROM coverage_day AS d
  UNION ALL
  SELECT d.account_id, d.region, d.source, d.day, d.lags FROM coverage_delta AS d
) AS b
CROSS JOIN LATERAL unnest(b.lags) WITH ORDINALITY AS l (n, position)
WHERE ($1::text[] IS NULL OR b.account_id = ANY ($1::text[]))
  AND ($2::text[] IS NULL OR b.region = ANY ($2::text[]))
  AND ($3::smallint[] IS NULL OR b.source = ANY ($3::smallint[]))
  AND b.day >= $4::date AND l.n > 0
GROUP BY b.account_id, b.region, b.source, l.position
