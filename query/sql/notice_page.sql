-- One page of notices, newest first.
-- NULL for no such filter: $1 kinds, $2 account ids, $3 from, $4 before (the notice's time);
-- the last row of the page before (NULL at the start): $5 its time, $6 its id, $7 its account; $8 rows
-- Row: StoredNotice (query/notice_queries.cpp). Index: notice_time.
SELECT n.account_id, n.notice_id, n.kind, n.source, n.detail_type, n.region, n.subject, n.notice_time,
  n.first_received_at, n.door, n.raw_bytes
FROM notice AS n
WHERE ($1::text[] IS NULL OR n.kind = ANY ($1::text[]))
  AND ($2::text[] IS NULL OR n.account_id = ANY ($2::text[]))
  AND n.notice_time >= coalesce($3::timestamptz, '-infinity')
  AND n.notice_time < coalesce($4::timestamptz, 'infinity')
  AND n.notice_time <= coalesce($5::timestamptz, 'infinity')
  AND ($5::timestamptz IS NULL OR (n.notice_time, n.notice_id, n.account_id) < ($5::timestamptz, $6::uuid, $7::text))
ORDER BY n.notice_time DESC, n.notice_id DESC, n.account_id DESC
LIMIT $8::bigint
