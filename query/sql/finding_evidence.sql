-- The stored bytes of the newest versions of a finding, for what only the record tells; very large ones are left out.
-- $1 account, $2 uid, $3 how many, $4 the largest size of a record
-- Row: raw. Index: finding_version_pkey.
SELECT v.raw
FROM finding_version AS v
WHERE v.account_id = $1::text AND v.finding_uid = $2::uuid AND v.raw_bytes <= $4::bigint
ORDER BY v.updated_at DESC, v.count DESC, v.shape DESC, v.content_fp DESC
LIMIT $3::bigint
