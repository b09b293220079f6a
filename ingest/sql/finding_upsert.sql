-- The current state of a finding: details from the version with the greatest detail_order, state from the one with the
-- greatest state_order, workflow and compliance from the newest that has them, times folded over all; the severity is the
-- newest exact number while it lies in the band of the newest label, else the number of the label; so any order of arrival gives the same row. Analysts' fields are
-- only written for a finding that is new: one that comes back from an archive brings them.
-- $1 the finding as a JSON object whose members are the columns
-- Row: inserted (the finding is new), state_order now in force. No row: nothing changed.
INSERT INTO finding AS f (account_id, finding_uid, detail_order, state_order, region, product, product_arn, provider_id,
  detector_id, generator_id, shape, type, type_purpose, type_resource, type_family, type_mechanism, type_artifact, title,
  description, remediation_url, resource_type, action, user_name, access_key_id, instance_id, actor_kind, actor_key,
  actor_name, resource_kind, resource_key, resource_name, remote_ip, remote_country, remote_asn, remote_org, facts, sample,
  severity, severity_label, count, updated_at, archived, record_state, workflow_status, compliance_status, created_at,
  first_seen_at, last_seen_at, first_received_at, severity_exact, severity_exact_order, hub_order, status,
  assignee, effective_severity, effective_severity_label)
SELECT account_id, finding_uid, detail_order, state_order, region, product, product_arn, provider_id,
  detector_id, generator_id, shape, type, type_purpose, type_resource, type_family, type_mechanism, type_artifact, title,
  description, remediation_url, resource_type, action, user_name, access_key_id, instance_id, actor_kind, actor_key,
  actor_name, resource_kind, resource_key, resource_name, remote_ip, remote_country, remote_asn, remote_org, facts, sample,
  severity, severity_label, count, updated_at, archived, record_state, workflow_status, compliance_status, created_at,
  first_seen_at, last_seen_at, first_received_at, severity_exact, severity_exact_order, hub_order, coalesce(status, 'new'),
  assignee, effective_severity, effective_severity_label
FROM jsonb_to_record($1::jsonb) AS n(account_id text, finding_uid uuid, detail_order bytea, state_order bytea, region text,
  product text, product_arn text, provider_id text, detector_id text, generator_id text, shape smallint, type text,
  type_purpose text, type_resource text, type_family text, type_mechanism text, type_artifact text, title text,
  description text, remediation_url text, resource_type text, action text, user_name text, access_key_id text,
  instance_id text, actor_kind smallint, actor_key text, actor_name text, resource_kind smallint, resource_key text,
  resource_name text, remote_ip text, remote_country text, remote_asn text, remote_org text, facts jsonb, sample boolean,
  severity double precision, severity_label smallint, count bigint, updated_at timestamptz, archived boolean,
  record_state text, workflow_status text, compliance_status text, created_at timestamptz, first_seen_at timestamptz,
  last_seen_at timestamptz, first_received_at timestamptz, severity_exact double precision, severity_exact_order bytea,
  hub_order bytea, status text, assignee text, effective_severity double precision, effective_severity_label smallint)
ON CONFLICT (account_id, finding_uid) DO UPDATE SET
  (detail_order, region, product, product_arn, detector_id, generator_id, shape, type, type_purpose, type_resource,
   type_family, type_mechanism, type_artifact, title, description, remediation_url, resource_type, action, user_name,
   access_key_id, instance_id, actor_kind, actor_key, actor_name, resource_kind, resource_key, resource_name, remote_ip,
   remote_country, remote_asn, remote_org, facts, sample)
  = (SELECT w.detail_order, w.region, w.product, w.product_arn, w.detector_id, w.generator_id, w.shape, w.type,
   w.type_purpose, w.type_resource, w.type_family, w.type_mechanism, w.type_artifact, w.title, w.description,
   w.remediation_url, w.resource_type, w.action, w.user_name, w.access_key_id, w.instance_id, w.actor_kind, w.actor_key,
   w.actor_name, w.resource_kind, w.resource_key, w.resource_name, w.remote_ip, w.remote_country, w.remote_asn,
   w.remote_org, w.facts, w.sample
   FROM (SELECT excluded.* WHERE excluded.detail_order > f.detail_order
         UNION ALL SELECT f.* WHERE excluded.detail_order <= f.detail_order) AS w),
  (state_order, severity, severity_label, count, updated_at, archived, record_state)
  = (SELECT w.state_order,
       CASE WHEN x.severity_exact IS NOT NULL AND w.severity_label = CASE WHEN x.severity_exact >= 9 THEN 5
              WHEN x.severity_exact >= 7 THEN 4 WHEN x.severity_exact >= 4 THEN 3 WHEN x.severity_exact >= 1 THEN 2 ELSE 0 END
            THEN x.severity_exact
            ELSE CASE w.severity_label WHEN 5 THEN 9 WHEN 4 THEN 7 WHEN 3 THEN 4 WHEN 2 THEN 1 WHEN 1 THEN 0 END END,
       w.severity_label, w.count, w.updated_at, w.archived, w.record_state
   FROM (SELECT excluded.* WHERE excluded.state_order > f.state_order
         UNION ALL SELECT f.* WHERE excluded.state_order <= f.state_order) AS w,
        (SELECT excluded.severity_exact WHERE excluded.severity_exact_order > f.severity_exact_order
         UNION ALL SELECT f.severity_exact WHERE excluded.severity_exact_order <= f.severity_exact_order) AS x),
  (severity_exact_order, severity_exact)
  = (SELECT w.severity_exact_order, w.severity_exact
   FROM (SELECT excluded.* WHERE excluded.severity_exact_order > f.severity_exact_order
         UNION ALL SELECT f.* WHERE excluded.severity_exact_order <= f.severity_exact_order) AS w),
  (hub_order, workflow_status, compliance_status)
  = (SELECT w.hub_order, w.workflow_status, w.compliance_status
   FROM (SELECT excluded.* WHERE excluded.hub_order > f.hub_order
         UNION ALL SELECT f.* WHERE excluded.hub_order <= f.hub_order) AS w),
  created_at = least(f.created_at, excluded.created_at),
  first_seen_at = least(f.first_seen_at, excluded.first_seen_at),
  last_seen_at = greatest(f.last_seen_at, excluded.last_seen_at),
  first_received_at = least(f.first_received_at, excluded.first_received_at)
WHERE excluded.detail_order > f.detail_order OR excluded.state_order > f.state_order
   OR excluded.severity_exact_order > f.severity_exact_order OR excluded.hub_order > f.hub_order
   OR excluded.created_at < f.created_at OR excluded.first_seen_at < f.first_seen_at
   OR excluded.last_seen_at > f.last_seen_at OR excluded.first_received_at < f.first_received_at
RETURNING xmax = 0 AS inserted, state_order
