-- How the findings that match a filter spread over eight facets, each counted with its own filter left out, and their total.
-- One pass: a finding that fails exactly one facet's filter counts for that facet only.
-- $1 the caller's accounts (NULL: all). Then in pairs, wanted and refused values, NULL for no such filter: $2 $3 severity,
-- $4 $5 account, $6 $7 region, $8 $9 type, $10 $11 purpose, $12 $13 resource type, $14 $15 product, $16 $17 status, $18 $19
-- assignee, $20 $21 record state, $22 $23 user name. NULL for any: $24 sample, $25 archived, $26 open. $27 $28 parts of the
-- title, $29 $30 last seen from and before, $31 $32 uids that entity filters want and refuse (finding_named.sql)
-- $33 how many values a facet may have
-- Planned with its values (query/findings/finding_arguments.hpp): filters that are not asked for vanish from the plan.
-- Row: facet (0 for the total; then in order severity, account_id, region, type, resource_type, product, status,
-- type_purpose), value, label (an account's name), total, occurrences; the most frequent values first.
WITH candidate AS (
  SELECT coalesce(f.effective_severity_label, f.severity_label) AS severity, f.account_id, f.region, f.type,
    coalesce(f.resource_type, '') AS resource_type, f.product, f.status, f.type_purpose, f.count,
    CASE
      WHEN NOT ok.severity_ok THEN 1
      WHEN NOT ok.account_id_ok THEN 2
      WHEN NOT ok.region_ok THEN 3
      WHEN NOT ok.type_ok THEN 4
      WHEN NOT ok.resource_type_ok THEN 5
      WHEN NOT ok.product_ok THEN 6
      WHEN NOT ok.status_ok THEN 7
      WHEN NOT ok.type_purpose_ok THEN 8
      ELSE 0
    END AS failed
  FROM finding AS f
  CROSS JOIN LATERAL (
    SELECT
      (($2::smallint[] IS NULL OR coalesce(f.effective_severity_label, f.severity_label) = ANY ($2::smallint[]))
        AND ($3::smallint[] IS NULL OR coalesce(f.effective_severity_label, f.severity_label) <> ALL ($3::smallint[]))) AS severity_ok,
      (($4::text[] IS NULL OR f.account_id = ANY ($4::text[]))
        AND ($5::text[] IS NULL OR f.account_id <> ALL ($5::text[]))) AS account_id_ok,
      (($6::text[] IS NULL OR f.region = ANY ($6::text[]))
        AND ($7::text[] IS NULL OR f.region <> ALL ($7::text[]))) AS region_ok,
      (($8::text[] IS NULL OR f.type = ANY ($8::text[]))
        AND ($9::text[] IS NULL OR f.type <> ALL ($9::text[]))) AS type_ok,
      (($12::text[] IS NULL OR coalesce(f.resource_type, '') = ANY ($12::text[]))
        AND ($13::text[] IS NULL OR coalesce(f.resource_type, '') <> ALL ($13::text[]))) AS resource_type_ok,
      (($14::text[] IS NULL OR f.product = ANY ($14::text[]))
        AND ($15::text[] IS NULL OR f.product <> ALL ($15::text[]))) AS product_ok,
      (($16::text[] IS NULL OR f.status = ANY ($16::text[]))
        AND ($17::text[] IS NULL OR f.status <> ALL ($17::text[]))) AS status_ok,
      (($10::text[] IS NULL OR f.type_purpose = ANY ($10::text[]))
        AND ($11::text[] IS NULL OR f.type_purpose <> ALL ($11::text[]))) AS type_purpose_ok
  ) AS ok
  WHERE ($1::text[] IS NULL OR f.account_id = ANY ($1::text[]))
    AND ($18::text[] IS NULL OR coalesce(f.assignee, '') = ANY ($18::text[]))
    AND ($19::text[] IS NULL OR coalesce(f.assignee, '') <> ALL ($19::text[]))
    AND ($20::text[] IS NULL OR coalesce(f.record_state, CASE WHEN f.archived THEN 'archived' ELSE 'active' END) = ANY ($20::text[]))
    AND ($21::text[] IS NULL OR coalesce(f.record_state, CASE WHEN f.archived THEN 'archived' ELSE 'active' END) <> ALL ($21::text[]))
    AND ($22::text[] IS NULL OR coalesce(f.user_name, '') = ANY ($22::text[]))
    AND ($23::text[] IS NULL OR coalesce(f.user_name, '') <> ALL ($23::text[]))
    AND ($24::boolean IS NULL OR f.sample = $24::boolean)
    AND ($25::boolean IS NULL OR f.archived = $25::boolean)
    AND ($26::boolean IS NULL OR (f.status IN ('new', 'in_progress', 'notified') AND NOT f.archived) = $26::boolean)
    AND ($27::text[] IS NULL OR EXISTS (SELECT FROM unnest($27::text[]) AS part WHERE position(lower(part) IN lower(f.title)) > 0))
    AND ($28::text[] IS NULL OR NOT EXISTS (SELECT FROM unnest($28::text[]) AS part WHERE position(lower(part) IN lower(f.title)) > 0))
    AND ($29::timestamptz IS NULL OR f.last_seen_at >= $29::timestamptz)
    AND ($30::timestamptz IS NULL OR f.last_seen_at < $30::timestamptz)
    AND ($31::uuid[] IS NULL OR f.finding_uid = ANY ($31::uuid[]))
    AND ($32::uuid[] IS NULL OR f.finding_uid <> ALL ($32::uuid[]))
    AND ok.severity_ok::integer + ok.account_id_ok::integer + ok.region_ok::integer + ok.type_ok::integer
      + ok.resource_type_ok::integer + ok.product_ok::integer + ok.status_ok::integer + ok.type_purpose_ok::integer >= 7
),
counted AS (
  SELECT severity, account_id, region, type, resource_type, product, status, type_purpose, failed,
    CASE grouping(severity, account_id, region, type, resource_type, product, status, type_purpose)
      WHEN 127 THEN 1
      WHEN 191 THEN 2
      WHEN 223 THEN 3
      WHEN 239 THEN 4
      WHEN 247 THEN 5
      WHEN 251 THEN 6
      WHEN 253 THEN 7
      WHEN 254 THEN 8
      ELSE 0
    END AS facet,
    count(*) AS total, sum(count) AS occurrences
  FROM candidate
  GROUP BY GROUPING SETS ((severity, failed), (account_id, failed), (region, failed), (type, failed), (resource_type, failed),
    (product, failed), (status, failed), (type_purpose, failed), (failed))
),
facet AS (
  SELECT counted.facet, coalesce(counted.severity::text, counted.account_id, counted.region, counted.type,
      counted.resource_type, counted.product, counted.status, counted.type_purpose) AS value,
    sum(counted.total)::bigint AS total, least(sum(counted.occurrences), 9223372036854775807)::bigint AS occurrences
  FROM counted
  WHERE counted.failed IN (0, counted.facet)
  GROUP BY 1, 2
),
ranked AS (
  SELECT facet.*, row_number() OVER (PARTITION BY facet.facet ORDER BY facet.total DESC, facet.value COLLATE "C") AS rank
  FROM facet
)
SELECT ranked.facet, coalesce(ranked.value, '') AS value, a.name AS label, ranked.total, ranked.occurrences
FROM ranked
LEFT JOIN account AS a ON ranked.facet = 2 AND a.account_id = ranked.value
WHERE ranked.rank <= $33::bigint
ORDER BY ranked.facet, ranked.rank
