-- Makes the partitions of both event tables for [$1, $2) unless something covers a part of it.
-- $1 first day, $2 the day behind the last
SELECT create_event_partition($1::date, $2::date)
