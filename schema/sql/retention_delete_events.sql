-- Deletes the events of one class from a day range, as rows with their mentions and as sealed parts, but for what is held.
-- $1 first day, $2 the day behind the last, $3 event class
-- Row: the number of events. Partitions are pruned by the day. The directory may name more than there is, so it stays.
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
), parts AS (
  DELETE FROM event_part AS x
  WHERE x.day >= $1::date AND x.day < $2::date AND x.event_class = $3::smallint
    AND NOT EXISTS (SELECT FROM legal_hold AS h WHERE h.released_at IS NULL AND h.account_id IN ('', x.account_id)
                    AND x.day >= h.from_day AND x.day < h.to_day)
  RETURNING day, account_id, part_no, n
), pieces AS (
  DELETE FROM event_piece AS x USING parts AS p
  WHERE x.day >= $1::date AND x.day < $2::date AND x.day = p.day AND x.account_id = p.account_id AND x.part_no = p.part_no
)
SELECT (SELECT count(*) FROM expired) + (SELECT COALESCE(sum(n), 0) FROM parts)::bigint AS count
