-- How much could not be stored; the filters of quarantine_page.sql.
-- NULL for no such filter: $1 reasons, $2 account ids, $3 received from, $4 received before, $5 doors, $6 key ids,
-- $7 true for open ones, false for resolved ones
-- Row: total. Index: quarantine_received_at.
SELECT count(*) AS total
FROM quarantine AS q
WHERE ($1::text[] IS NULL OR q.reason = ANY ($1::text[]))
  AND ($2::text[] IS NULL OR q.account_id = ANY ($2::text[]))
  AND q.received_at >= coalesce($3::timestamptz, '-infinity')
  AND q.received_at < coalesce($4::timestamptz, 'infinity')
  AND ($5::text[] IS NULL OR q.door = ANY ($5::text[]))
  AND ($6::text[] IS NULL OR q.key_id = ANY ($6::text[]))
  AND ($7::boolean IS NULL OR (q.resolved_at IS NULL) = $7::boolean)
