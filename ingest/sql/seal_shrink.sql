-- Makes the indexes of a day's rows anew, after the rows went.
-- $1 first day, $2 the day behind the last
SELECT shrink_event_partition($1::date, $2::date)
