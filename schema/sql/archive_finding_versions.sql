-- How many versions do the findings have that were last seen before $1, but for what is held? Asked while their rows are
-- locked by whoever deletes them: then none can be added.
-- $1 time
-- Row: versions. Index: finding_last_seen.
SELECT count(*) AS versions
FROM finding AS x
JOIN finding_version AS v ON v.account_id = x.account_id AND v.finding_uid = x.finding_uid
WHERE x.last_seen_at < $1::timestamptz
  AND NOT EXISTS (SELECT FROM legal_hold AS h WHERE h.released_at IS NULL AND h.account_id IN ('', x.account_id)
                  AND (h.finding_uid = x.finding_uid
                       OR x.first_seen_at < h.to_day::timestamp AT TIME ZONE 'UTC' AND x.last_seen_at >= h.from_day::timestamp AT TIME ZONE 'UTC'))
