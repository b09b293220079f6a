-- Deletes findings whose last occurrence is before $1, with versions and entities.
-- $1 time
-- Row: the number of findings. Index: finding_last_seen.
WITH expired AS (
  DELETE FROM finding WHERE last_seen_at < $1::timestamptz RETURNING account_id, finding_uid
), versions AS (
  DELETE FROM finding_version AS v USING expired AS e WHERE v.account_id = e.account_id AND v.finding_uid = e.finding_uid
), entities AS (
  DELETE FROM finding_entity AS n USING expired AS e WHERE n.account_id = e.account_id AND n.finding_uid = e.finding_uid
)
SELECT count(*) FROM expired
