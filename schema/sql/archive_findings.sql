-- A page of the versions of findings last seen before $1, with what analysts wrote, in the order of their key, but for what
-- is held.
-- $1 time, behind: $2 account, $3 finding uid, $4 fingerprint; $5 rows
-- Rows: FindingLineRow (schema/archive/archive_lines.cpp). Indexes: the primary keys.
SELECT v.account_id, v.finding_uid, v.content_fp, v.received_at, v.origin, x.status, x.assignee, x.effective_severity,
  x.effective_severity_label, v.raw
FROM finding AS x
JOIN finding_version AS v ON v.account_id = x.account_id AND v.finding_uid = x.finding_uid
WHERE x.last_seen_at < $1::timestamptz
  AND (x.account_id, x.finding_uid) >= ($2::text, $3::uuid)
  AND (v.account_id, v.finding_uid, v.content_fp) > ($2::text, $3::uuid, $4::uuid)
  AND NOT EXISTS (SELECT FROM legal_hold AS h WHERE h.released_at IS NULL AND h.account_id IN ('', x.account_id)
                  AND (h.finding_uid = x.finding_uid
                       OR x.first_seen_at < h.to_day::timestamp AT TIME ZONE 'UTC' AND x.last_seen_at >= h.from_day::timestamp AT TIME ZONE 'UTC'))
ORDER BY v.account_id, v.finding_uid, v.content_fp
LIMIT $5::bigint
