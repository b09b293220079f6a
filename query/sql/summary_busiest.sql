-- The actors and remote addresses of most findings, those in more than one account first, as candidates for the overview.
-- Private addresses mean something only inside their network and services act for everybody: both are left out, after
-- grouping, because there are few names and many findings.
-- $1 the caller's accounts (NULL: all), $2 last seen from, $3 last seen before, $4 whether samples count, $5 how many
-- Row: kind, entity_key. Index: finding_last_seen.
WITH named AS MATERIALIZED (
  SELECT who.kind, who.entity_key, min(f.account_id COLLATE "C") <> max(f.account_id COLLATE "C") AS in_several,
    count(*) AS findings, max(f.last_seen_at) AS last_seen_at
  FROM finding AS f
  CROSS JOIN LATERAL (
    VALUES (f.actor_kind, f.actor_key COLLATE "C"), (6::smallint, f.remote_ip COLLATE "C")
  ) AS who (kind, entity_key)
  WHERE ($1::text[] IS NULL OR f.account_id = ANY ($1::text[]))
    AND f.last_seen_at >= $2::timestamptz AND f.last_seen_at < $3::timestamptz
    AND NOT f.archived AND (NOT f.sample OR $4::boolean)
    AND who.kind IN (2, 3, 4, 5, 6) AND who.entity_key IS NOT NULL
  GROUP BY who.kind, who.entity_key
)
SELECT named.kind, named.entity_key
FROM named
WHERE named.entity_key NOT LIKE 'service:%'
  AND named.entity_key !~ '^(10[.]|127[.]|169[.]254[.]|192[.]168[.]|172[.](1[6-9]|2[0-9]|3[01])[.]|f[cd][0-9a-f]{2}:|fe80:|::1$)'
ORDER BY named.in_several DESC, named.findings DESC, named.last_seen_at DESC, named.kind, named.entity_key
LIMIT $5::bigint
