-- A page of the quarantined records received before $1, in the order of their key, but for what is held.
-- $1 time, behind: $2 account, $3 id; $4 rows
-- Rows: QuarantineLineRow (schema/archive/archive_lines.cpp). Index: primary key.
SELECT x.account_id, x.quarantine_id, x.reason, x.detail, x.door, x.key_id, x.origin, x.position, x.received_at, x.kind,
  x.parser_version, x.scope, x.tries, x.last_tried_at, x.resolved_at, x.raw
FROM quarantine AS x
WHERE x.received_at < $1::timestamptz AND (x.account_id, x.quarantine_id) > ($2::text, $3::uuid)
  AND NOT EXISTS (SELECT FROM legal_hold AS h WHERE h.released_at IS NULL AND h.account_id IN ('', x.account_id)
                  AND x.received_at >= h.from_day::timestamp AT TIME ZONE 'UTC' AND x.received_at < h.to_day::timestamp AT TIME ZONE 'UTC')
ORDER BY x.account_id, x.quarantine_id
LIMIT $4::bigint
