-- The versions of a finding, newest first, without their bytes.
-- $1 account, $2 uid, $3 how many
-- Row: content_fp, updated_at, count, severity, shape, received_at, raw_bytes. Index: finding_version_pkey.
SELECT v.content_fp, v.updated_at, v.count, v.severity, v.shape, v.received_at, v.raw_bytes
FROM finding_version AS v
WHERE v.account_id = $1::text AND v.finding_uid = $2::uuid
ORDER BY v.updated_at DESC, v.count DESC, v.shape DESC, v.content_fp DESC
LIMIT $3::bigint
