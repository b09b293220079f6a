-- The figures of the overview that count findings: in total, by severity, by day of the last occurrence and severity, by
-- account and Region, by type. One pass, so that they agree.
-- $1 the caller's accounts (NULL: all), $2 last seen from, $3 last seen before, $4 whether samples count
-- Row: SummaryRow (query/findings/summary.cpp); figure is 0 total, 1 severity, 2 day, 3 account and Region, 4 type. highest
-- is the highest severity of the open ones, else of all. Index: finding_last_seen.
WITH counted AS (
  SELECT coalesce(f.effective_severity_label, f.severity_label) AS severity, f.last_seen_at::date AS day, f.account_id,
    f.region, f.type, f.count, f.status IN ('new', 'in_progress', 'notified') AS is_open
  FROM finding AS f
  WHERE ($1::text[] IS NULL OR f.account_id = ANY ($1::text[]))
    AND f.last_seen_at >= $2::timestamptz AND f.last_seen_at < $3::timestamptz
    AND NOT f.archived AND (NOT f.sample OR $4::boolean)
),
figures AS (
  SELECT
    CASE grouping(severity, day, account_id, type) WHEN 7 THEN 1 WHEN 3 THEN 2 WHEN 13 THEN 3 WHEN 14 THEN 4 ELSE 0 END AS figure,
    severity, day, account_id, region, type,
    count(*) AS findings, count(*) FILTER (WHERE is_open) AS open_findings,
    coalesce(least(sum(count), 9223372036854775807), 0)::bigint AS occurrences,
    coalesce(max(severity) FILTER (WHERE is_open), max(severity), 0) AS highest
  FROM counted
  GROUP BY GROUPING SETS ((), (severity), (day, severity), (account_id, region), (type))
)
SELECT figures.figure, figures.severity, figures.day, figures.account_id, a.name AS account_name, figures.region,
  figures.type, figures.findings, figures.open_findings, figures.occurrences, figures.highest
FROM figures
LEFT JOIN account AS a ON a.account_id = figures.account_id
ORDER BY figures.figure, figures.account_id, figures.region, figures.findings DESC, figures.type COLLATE "C"
