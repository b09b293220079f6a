-- How many findings match a filter, and how often they occurred.
-- $1 the caller's accounts (NULL: all). Then in pairs, wanted and refused values, NULL for no such filter: $2 $3 severity,
-- $4 $5 account, $6 $7 region, $8 $9 type, $10 $11 purpose, $12 $13 resource type, $14 $15 product, $16 $17 status, $18 $19
-- assignee, $20 $21 record state, $22 $23 user name. NULL for any: $24 sample, $25 archived, $26 open. $27 $28 parts of the
-- title, $29 $30 last seen from and before, $31 $32 uids that entity filters want and refuse (finding_named.sql)
-- Planned with its values (query/findings/finding_arguments.hpp): filters that are not asked for vanish from the plan.
-- Row: total, occurrences. Index: finding_last_seen for a short interval, finding_uid_only for entities, else none.
SELECT count(*) AS total, coalesce(least(sum(f.count), 9223372036854775807), 0)::bigint AS occurrences
FROM finding AS f
WHERE ($1::text[] IS NULL OR f.account_id = ANY ($1::text[]))
  AND ($2::smallint[] IS NULL OR coalesce(f.effective_severity_label, f.severity_label) = ANY ($2::smallint[]))
  AND ($3::smallint[] IS NULL OR coalesce(f.effective_severity_label, f.severity_label) <> ALL ($3::smallint[]))
  AND ($4::text[] IS NULL OR f.account_id = ANY ($4::text[]))
  AND ($5::text[] IS NULL OR f.account_id <> ALL ($5::text[]))
  AND ($6::text[] IS NULL OR f.region = ANY ($6::text[]))
  AND ($7::text[] IS NULL OR f.region <> ALL ($7::text[]))
  AND ($8::text[] IS NULL OR f.type = ANY ($8::text[]))
  AND ($9::text[] IS NULL OR f.type <> ALL ($9::text[]))
  AND ($10::text[] IS NULL OR f.type_purpose = ANY ($10::text[]))
  AND ($11::text[] IS NULL OR f.type_purpose <> ALL ($11::text[]))
  AND ($12::text[] IS NULL OR coalesce(f.resource_type, '') = ANY ($12::text[]))
  AND ($13::text[] IS NULL OR coalesce(f.resource_type, '') <> ALL ($13::text[]))
  AND ($14::text[] IS NULL OR f.product = ANY ($14::text[]))
  AND ($15::text[] IS NULL OR f.product <> ALL ($15::text[]))
  AND ($16::text[] IS NULL OR f.status = ANY ($16::text[]))
  AND ($17::text[] IS NULL OR f.status <> ALL ($17::text[]))
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
