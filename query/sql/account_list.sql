-- The accounts that are registered or that findings came from, with their open findings.
-- Row: ListedAccount (query/account_queries.cpp). Index: none; findings are read once.
WITH counted AS (
  SELECT f.account_id,
    count(*) FILTER (WHERE f.status IN ('new', 'in_progress', 'notified') AND NOT f.archived) AS open_findings,
    max(f.last_seen_at) AS last_finding_at
  FROM finding AS f
  WHERE NOT f.sample
  GROUP BY f.account_id
)
SELECT coalesce(a.account_id, counted.account_id) AS account_id, a.name AS account_name, a.organizational_unit, a.owner,
  a.environment, a.email, a.status, a.registered_at IS NOT NULL AS registered,
  coalesce(counted.open_findings, 0) AS open_findings, counted.last_finding_at
FROM account AS a
FULL JOIN counted ON counted.account_id = a.account_id
ORDER BY 1
