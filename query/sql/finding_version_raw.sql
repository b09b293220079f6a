-- The stored bytes of one version of a finding, or of the newest.
-- $1 account, $2 uid, $3 the version's fingerprint (NULL: the newest)
-- Row: raw. Index: finding_version_pkey.
SELECT v.raw
FROM finding_version AS v
WHERE v.account_id = $1::text AND v.finding_uid = $2::uuid AND ($3::uuid IS NULL OR v.content_fp = $3::uuid)
ORDER BY v.updated_at DESC, v.count DESC, v.shape DESC, v.content_fp DESC
LIMIT 1
