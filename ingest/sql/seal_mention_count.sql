-- How much the events of some accounts on a day name.
-- $1 day, $2 account ids, $3 the fingerprint of copies
-- Row: n. Index: none; the day is read once.
SELECT count(*) AS n
FROM event_mention AS m
WHERE m.event_day = $1::date AND m.account_id = ANY ($2::text[]) AND m.content_fp <> $3::uuid
