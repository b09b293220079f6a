-- Drops the partitions that hold exactly [$1, $2).
-- $1 first day, $2 the day behind the last
SELECT drop_event_partition($1::date, $2::date)
