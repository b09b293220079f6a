-- What a page of events says beside their columns: names of their accounts, and which of them exist with more than one content (the
-- alerts remember it).
-- $1 accounts, each once; $2 account ids, $3 subjects "DAY/EVENT-ID" of the events (arrays of one length)
-- Row: ordinal of an event, from 1; or null, account_id, name; accounts without a name are left out. Index: account_pkey, alert_pkey.
SELECT NULL::bigint AS ordinal, a.account_id, a.name
FROM account AS a
WHERE a.account_id = ANY ($1::text[]) AND a.name IS NOT NULL
UNION ALL
SELECT w.ordinal, NULL, NULL
FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS w(account_id, subject, ordinal)
JOIN alert AS v ON v.account_id = w.account_id AND v.kind = 'event_variant' AND v.subject = w.subject
