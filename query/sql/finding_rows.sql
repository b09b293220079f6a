-- Findings as rows of a list, in the order of the keys given; those that the caller may not see are left out.
-- $1 account ids, $2 uids
-- Row: FindingRow (query/findings/finding_rows.hpp). Index: finding_pkey.
SELECT f.account_id, f.finding_uid, a.name AS account_name, f.region, f.product, f.type, f.title,
  f.severity, f.severity_label,
  coalesce(f.effective_severity, f.severity) AS effective_severity,
  coalesce(f.effective_severity_label, f.severity_label) AS effective_severity_label,
  f.status, f.assignee,
  coalesce(f.record_state, CASE WHEN f.archived THEN 'archived' ELSE 'active' END) AS record_state,
  f.sample, f.archived, f.count, f.first_seen_at, f.last_seen_at, f.created_at, f.updated_at,
  f.resource_type, f.resource_kind, f.resource_key, f.resource_name,
  f.actor_kind, f.actor_key, f.actor_name, f.access_key_id, f.user_name, f.instance_id,
  f.remote_ip, f.remote_country, f.remote_asn, f.remote_org, f.action
FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS wanted (account_id, finding_uid, position)
JOIN finding AS f ON f.account_id = wanted.account_id AND f.finding_uid = wanted.finding_uid
LEFT JOIN account AS a ON a.account_id = f.account_id
ORDER BY wanted.position
