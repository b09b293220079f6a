-- Which day ranges have partitions?
-- Rows: from_day, to_day, with_rows: there are tables for rows. Reads the catalogue.
SELECT from_day, to_day, partition_name IS NOT NULL AS with_rows FROM event_partition ORDER BY from_day
