-- What a finding has beyond its row in a list.
-- $1 account, $2 uid
-- Row: DetailRow (query/findings/finding_detail.cpp). Index: finding_pkey.
SELECT f.description, f.type_purpose, f.type_resource, f.type_family, f.type_mechanism, f.type_artifact,
  f.provider_id, f.product_arn, f.detector_id, f.generator_id, f.compliance_status, f.workflow_status,
  f.remediation_url, f.facts::text AS facts,
  EXISTS (SELECT FROM legal_hold AS h
          WHERE h.released_at IS NULL AND h.account_id IN ('', f.account_id)
            AND (h.finding_uid = f.finding_uid
                 OR f.first_seen_at < h.to_day::timestamp AT TIME ZONE 'UTC' AND f.last_seen_at >= h.from_day::timestamp AT TIME ZONE 'UTC')) AS held
FROM finding AS f
WHERE f.account_id = $1::text AND f.finding_uid = $2::uuid
