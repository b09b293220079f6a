-- Adds a hold.
-- $1 account ('' for all), $2 id, $3 first day, $4 the day behind the last, $5 finding uid or null, $6 why, $7 who, $8 time
INSERT INTO legal_hold (account_id, hold_id, from_day, to_day, finding_uid, reason, created_by, created_at)
VALUES ($1::text, $2::uuid, $3::date, $4::date, $5::uuid, $6::text, $7::text, $8::timestamptz)
