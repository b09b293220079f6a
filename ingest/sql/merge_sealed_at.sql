-- When the newest part of a day was written.
-- $1 day
-- Row: sealed_at; null: the day has no part. Index: event_part_pkey.
SELECT max(p.sealed_at) AS sealed_at FROM event_part AS p WHERE p.day = $1::date
