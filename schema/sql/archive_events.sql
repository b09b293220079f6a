-- A page of the events that retention removes from a day range, in the order of their key, but for what is held.
-- $1 first day, $2 the day behind the last, $3 event class (null: all), behind: $4 day, $5 account, $6 event id, $7 fingerprint; $8 rows
-- Rows: EventLineRow (schema/archive/archive_lines.cpp). Index: primary key of the pruned partitions.
SELECT x.event_day::text AS event_day, x.account_id, x.event_id, x.content_fp, x.received_at, x.flags, x.raw
FROM api_event AS x
WHERE x.event_day >= $1::date AND x.event_day < $2::date AND ($3::smallint IS NULL OR x.event_class = $3::smallint)
  AND (x.event_day, x.account_id, x.event_id, x.content_fp) > ($4::date, $5::text, $6::uuid, $7::uuid)
  AND NOT EXISTS (SELECT FROM legal_hold AS h WHERE h.released_at IS NULL AND h.account_id IN ('', x.account_id)
                  AND x.event_day >= h.from_day AND x.event_day < h.to_day)
ORDER BY x.event_day, x.account_id, x.event_id, x.content_fp
LIMIT $8::bigint
