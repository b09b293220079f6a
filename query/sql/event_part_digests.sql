-- The sealed parts of some days, and what each consists of.
-- $1 first day, $2 last day, $3 accounts (NULL: all)
-- Row: HeadColumn of query/event_reader/part_loader.cpp, the digest in place of the layout. Index: event_part_pkey of those days.
SELECT p.day, p.account_id, p.part_no, p.event_class, p.n, p.first_at, p.last_at, p.digest
FROM event_part AS p
WHERE p.day BETWEEN $1::date AND $2::date AND ($3::text[] IS NULL OR p.account_id = ANY ($3::text[]))
