-- What the events of some accounts on a day name.
-- $1 day, $2 account ids, $3 the fingerprint of copies
-- Row: account_id, event_id, content_fp, entity_hash, in no order. Index: none; the day is read once.
SELECT m.account_id, m.event_id, m.content_fp, m.entity_hash
FROM event_mention AS m
WHERE m.event_day = $1::date AND m.account_id = ANY ($2::text[]) AND m.content_fp <> $3::uuid
