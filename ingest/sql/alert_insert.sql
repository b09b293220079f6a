-- Raises alerts; one that was raised already stays as it is.
-- $1…$4 arrays: account_id, kind, subject, detail; $5 time
INSERT INTO alert (account_id, kind, subject, detail, raised_at)
SELECT a.account_id, a.kind, a.subject, a.detail, $5::timestamptz
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS a(account_id, kind, subject, detail)
ON CONFLICT DO NOTHING
