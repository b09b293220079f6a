-- The events with one event id, whatever account and day: an id alone is what people copy from elsewhere.
-- $1 first day, $2 last day, $3 event id, $4 how many
-- Row: StoredRow of query/event_reader/rows.cpp, newest first
-- Index: api_event_pkey, one look-up for each known account and each day of a partition. Only ranges of days that exist are looked
-- at; days are enumerated, because the key begins with the day.
SELECT h.event_time, h.event_id, h.content_fp, h.account_id, h.received_at, h.flags, h.event_class, h.outcome,
       h.read_only, h.region, h.service, h.api, h.error_code, h.raw
FROM event_partition AS p
CROSS JOIN LATERAL generate_series(GREATEST(p.from_day, $1::date), LEAST(p.to_day - 1, $2::date), interval '1 day') AS d(at)
CROSS JOIN account AS a
CROSS JOIN LATERAL (
  SELECT e.*
  FROM api_event AS e
  WHERE e.event_day = d.at::date AND e.account_id = a.account_id AND e.event_id = $3::uuid
  OFFSET 0) AS h
WHERE p.partition_name IS NOT NULL
ORDER BY h.event_time DESC, h.content_fp DESC
LIMIT $4::bigint
