-- What must not be removed now?
-- Rows: account_id ('' for all), from_day, to_day, finding_uid. Index: none; holds are few.
SELECT h.account_id, h.from_day, h.to_day, h.finding_uid
FROM legal_hold AS h
WHERE h.released_at IS NULL
ORDER BY h.account_id, h.from_day, h.hold_id
