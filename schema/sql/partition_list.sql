-- Which day ranges have partitions?
-- Rows: from_day, to_day. Reads the catalogue.
SELECT from_day, to_day FROM event_partition ORDER BY from_day
