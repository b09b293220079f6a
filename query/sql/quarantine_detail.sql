-- One quarantined record, without its bytes.
-- $1 account ('' when it has none), $2 id
-- Row: StoredRow (query/quarantine_queries.cpp). Index: quarantine_pkey.
SELECT q.account_id, q.quarantine_id, q.reason, q.detail, q.kind, q.door, q.key_id, q.origin, q.position,
  q.bytes, q.sha256, q.received_at, q.parser_version, q.tries, q.last_tried_at, q.resolved_at
FROM quarantine AS q
WHERE q.account_id = $1::text AND q.quarantine_id = $2::uuid
