-- How many events name one entity in what they did? Without any other condition the mentions alone say it.
-- $1 first day, $2 last day, $3 from, $4 to, $5 the entity's hash, $6 accounts or null
-- Row: n
-- Index: event_mention_pkey of every day, nothing else.
SELECT count(*) AS n
FROM event_mention AS m
WHERE m.entity_hash = $5::bigint
  AND m.event_day BETWEEN $1::date AND $2::date
  AND m.event_time >= $3::timestamptz
  AND m.event_time < $4::timestamptz
  AND ($6::text[] IS NULL OR m.account_id = ANY ($6::text[]))
