-- How many notices; the filters of notice_page.sql.
-- NULL for no such filter: $1 kinds, $2 account ids, $3 from, $4 before
-- Row: total. Index: notice_time.
SELECT count(*) AS total
FROM notice AS n
WHERE ($1::text[] IS NULL OR n.kind = ANY ($1::text[]))
  AND ($2::text[] IS NULL OR n.account_id = ANY ($2::text[]))
  AND n.notice_time >= coalesce($3::timestamptz, '-infinity')
  AND n.notice_time < coalesce($4::timestamptz, 'infinity')
