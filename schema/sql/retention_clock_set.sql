-- Remembers which day retention believes in, and since when a clock is doubted.
-- $1 day, $2 time or null
UPDATE retention_state SET trusted_day = $1::date, suspected_at = $2::timestamptz
