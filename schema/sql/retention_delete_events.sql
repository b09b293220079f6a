-- Deletes the events of one class from a day range, with their mentions, but for what is held.
-- $1 first day, $2 the day behind the last, $3 event class
-- Row: the number of events. Partitions are pruned by event_day.
WITH expired AS (
  DELETE FROM api_event AS x
  WHERE x.event_day >= $1::date AND x.event_day < $2::date AND x.event_class = $3::smallint
    AND NOT EXISTS (SELECT FROM legal_hold AS h WHERE h.released_at IS NULL AND h.account_id IN ('', x.account_id)
                    AND x.event_day >= h.from_day AND x.event_day < h.to_day)
  RETURNING event_day, account_id, event_id, content_fp
), mentions AS (
  DELETE FROM event_mention AS m USING expired AS e
  WHERE m.event_day >= $1::date AND m.event_day < $2::date AND m.event_day = e.event_day
    AND m.account_id = e.account_id AND m.event_id = e.event_id AND m.content_fp = e.content_fp
)
SELECT count(*) FROM expired
