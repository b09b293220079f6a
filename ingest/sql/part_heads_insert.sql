-- Stores the heads of parts.
-- Arrays: $1 day, $2 account id, $3 part, $4 class, $5 events, $6 first and $7 last event, $8 layout, $9 digest; $10 format, $11 now
INSERT INTO event_part (day, account_id, part_no, event_class, n, first_at, last_at, layout, digest, format, sealed_at)
SELECT p.*, $10::smallint, $11::timestamptz
FROM unnest($1::date[], $2::text[], $3::integer[], $4::smallint[], $5::integer[], $6::timestamptz[], $7::timestamptz[],
  $8::bytea[], $9::bytea[]) AS p
