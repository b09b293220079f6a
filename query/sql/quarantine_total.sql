-- How much could not be stored; the filters of quarantine_page.sql.
-- NULL for no such filter: $1 reasons, $2 account ids, $3 received from, $4 received before
-- Row: total. Index: quarantine_received_at.
SELECT count(*) AS total
FROM quarantine AS q
WHERE ($1::text[] IS NULL OR q.reason = ANY ($1::text[]))
  AND ($2::text[] IS NULL OR q.account_id = ANY ($2::text[]))
  AND q.received_at >= coalesce($3::timestamptz, '-infinity')
  AND q.received_at < coalesce($4::timestamptz, 'infinity')
