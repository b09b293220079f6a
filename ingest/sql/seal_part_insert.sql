-- Stores the head of a part.
-- $1 day, $2 account id, $3 part, $4 class, $5 events, $6 format, $7 first and $8 last event, $9 now, $10 layout, $11 digest
INSERT INTO event_part (day, account_id, part_no, event_class, n, format, first_at, last_at, sealed_at, layout, digest)
VALUES ($1::date, $2::text, $3::integer, $4::smallint, $5::integer, $6::smallint, $7::timestamptz, $8::timestamptz,
        $9::timestamptz, $10::bytea, $11::bytea)
