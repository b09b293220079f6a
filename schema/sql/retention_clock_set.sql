-- Remembers which day retention believes in, since when a clock is doubted, and whether it archives.
-- $1 day, $2 time or null, $3 archives
UPDATE retention_state SET trusted_day = $1::date, suspected_at = $2::timestamptz, archives = $3::boolean
