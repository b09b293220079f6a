-- Makes the range [$1, $2) unless something covers a piece of it, and with $3 the tables of rows of what covers it.
-- $1 first day, $2 the day behind the last, $3 with tables for rows
SELECT create_event_partition($1::date, $2::date, $3::boolean)
