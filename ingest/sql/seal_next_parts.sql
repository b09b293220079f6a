-- The numbers of the next parts of some accounts on a day.
-- $1 day, $2 account ids
-- Row: account_id, next_no; accounts without a part are left out. Index: event_part_pkey.
SELECT p.account_id, max(p.part_no) + 1 AS next_no
FROM event_part AS p
WHERE p.day = $1::date AND p.account_id = ANY ($2::text[])
GROUP BY p.account_id
