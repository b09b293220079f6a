-- How long records took to arrive, per account, Region and source: the histogram of the days from one on.
-- $1 accounts, $2 Regions, $3 sources (NULL: all), $4 the first day
-- Row: LagRow (query/coverage/coverage.cpp); lags is one count a bucket of schema/model/coverage.hpp, separated by commas. A sum a
-- bucket is twenty times faster than taking the arrays apart. Index: none; see coverage_cells.sql.
SELECT h.account_id, h.region, h.source,
  concat_ws(',',
    sum(h.lags[1]), sum(h.lags[2]), sum(h.lags[3]), sum(h.lags[4]), sum(h.lags[5]), sum(h.lags[6]), sum(h.lags[7]),
    sum(h.lags[8]), sum(h.lags[9]), sum(h.lags[10]), sum(h.lags[11]), sum(h.lags[12]), sum(h.lags[13]),
    sum(h.lags[14]), sum(h.lags[15]), sum(h.lags[16]), sum(h.lags[17]), sum(h.lags[18]), sum(h.lags[19]),
    sum(h.lags[20]), sum(h.lags[21]), sum(h.lags[22]), sum(h.lags[23]), sum(h.lags[24]), sum(h.lags[25]),
    sum(h.lags[26]), sum(h.lags[27]), sum(h.lags[28]), sum(h.lags[29]), sum(h.lags[30]), sum(h.lags[31]),
    sum(h.lags[32]), sum(h.lags[33]), sum(h.lags[34]), sum(h.lags[35]), sum(h.lags[36]), sum(h.lags[37])) AS lags
FROM (
  SELECT d.account_id, d.region, d.source, d.day, d.lags FROM coverage_day AS d
  UNION ALL
  SELECT d.account_id, d.region, d.source, d.day, d.lags FROM coverage_delta AS d
) AS h
WHERE ($1::text[] IS NULL OR h.account_id = ANY ($1::text[]))
  AND ($2::text[] IS NULL OR h.region = ANY ($2::text[]))
  AND ($3::smallint[] IS NULL OR h.source = ANY ($3::smallint[]))
  AND h.day >= $4::date AND h.lags IS NOT NULL
GROUP BY h.account_id, h.region, h.source
