-- Deletes findings whose last occurrence is before $1, with versions and entities, but for what is held.
-- $1 time
-- Row: the number of findings. Index: finding_last_seen.
WITH expired AS (
  DELETE FROM finding AS x
  WHERE x.last_seen_at < $1::timestamptz
    AND NOT EXISTS (SELECT FROM legal_hold AS h WHERE h.released_at IS NULL AND h.account_id IN ('', x.account_id)
                    AND (h.finding_uid = x.finding_uid
                         OR x.first_seen_at < h.to_day::timestamp AT TIME ZONE 'UTC' AND x.last_seen_at >= h.from_day::timestamp AT TIME ZONE 'UTC'))
  RETURNING account_id, finding_uid
), versions AS (
  DELETE FROM finding_version AS v USING expired AS e WHERE v.account_id = e.account_id AND v.finding_uid = e.finding_uid
), entities AS (
  DELETE FROM finding_entity AS n USING expired AS e WHERE n.account_id = e.account_id AND n.finding_uid = e.finding_uid
)
SELECT count(*) FROM expired
