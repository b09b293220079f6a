-- Removes the directory of a day that has no part any more.
-- $1 day
DELETE FROM event_directory WHERE day = $1::date AND NOT EXISTS (SELECT FROM event_part AS p WHERE p.day = $1::date)
