-- A page of the notices of before $1, in the order of their key, but for what is held.
-- $1 time, behind: $2 account, $3 id; $4 rows
-- Rows: NoticeLineRow (schema/archive/archive_lines.cpp). Index: primary key.
SELECT x.account_id, x.notice_id, x.first_received_at, x.door, x.key_id, x.origin, x.raw
FROM notice AS x
WHERE x.notice_time < $1::timestamptz AND (x.account_id, x.notice_id) > ($2::text, $3::uuid)
  AND NOT EXISTS (SELECT FROM legal_hold AS h WHERE h.released_at IS NULL AND h.account_id IN ('', x.account_id)
                  AND x.notice_time >= h.from_day::timestamp AT TIME ZONE 'UTC' AND x.notice_time < h.to_day::timestamp AT TIME ZONE 'UTC')
ORDER BY x.account_id, x.notice_id
LIMIT $4::bigint
