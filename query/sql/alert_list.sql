-- What a person must hear of, newest first.
-- $1 how many
-- Row: StoredAlert (query/quarantine_queries.cpp). Index: none; alerts are few.
SELECT a.kind, a.account_id, a.subject, a.detail, a.raised_at
FROM alert AS a
ORDER BY a.raised_at DESC, a.account_id, a.kind, a.subject
LIMIT $1::bigint
