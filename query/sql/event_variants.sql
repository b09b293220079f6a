-- Which of these events exist with more than one content? The alerts remember it.
-- $1 account ids, $2 subjects "DAY/EVENT-ID" (arrays of one length)
-- Row: ordinal, from 1
-- Index: alert_pkey.
SELECT w.ordinal
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(account_id, subject, ordinal)
JOIN alert AS a ON a.account_id = w.account_id AND a.kind = 'event_variant' AND a.subject = w.subject
