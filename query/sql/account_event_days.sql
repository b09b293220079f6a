-- The ranges of days for which event rows may exist, the newest first.
-- Row: from_day, to_day (exclusive)
SELECT p.from_day, p.to_day
FROM event_partition AS p
WHERE p.partition_name IS NOT NULL
ORDER BY p.from_day DESC
