-- One page of what could not be stored, newest first.
-- NULL for no such filter: $1 reasons, $2 account ids ('' for records without one), $3 received from, $4 received before,
-- $9 doors, $10 key ids, $11 true for open ones, false for resolved ones; the last row of the page before (NULL at the start): $5 its time, $6 its id, $7 its account; $8 rows
-- Row: StoredRow (query/quarantine_queries.cpp). Index: quarantine_received_at.
SELECT q.account_id, q.quarantine_id, q.reason, q.detail, q.kind, q.door, q.key_id, q.origin, q.position,
  q.bytes, q.sha256, q.received_at, q.parser_version, q.tries, q.last_tried_at, q.resolved_at
FROM quarantine AS q
WHERE ($1::text[] IS NULL OR q.reason = ANY ($1::text[]))
  AND ($2::text[] IS NULL OR q.account_id = ANY ($2::text[]))
  AND q.received_at >= coalesce($3::timestamptz, '-infinity')
  AND q.received_at < coalesce($4::timestamptz, 'infinity')
  AND ($9::text[] IS NULL OR q.door = ANY ($9::text[]))
  AND ($10::text[] IS NULL OR q.key_id = ANY ($10::text[]))
  AND ($11::boolean IS NULL OR (q.resolved_at IS NULL) = $11::boolean)
  AND q.received_at <= coalesce($5::timestamptz, 'infinity')
  AND ($5::timestamptz IS NULL OR (q.received_at, q.quarantine_id, q.account_id) < ($5::timestamptz, $6::uuid, $7::text))
ORDER BY q.received_at DESC, q.quarantine_id DESC, q.account_id DESC
LIMIT $8::bigint
