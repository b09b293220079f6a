-- In which accounts and on which days sealed parts may know some entities; more than there is, never less.
-- $1 hashes, $2 first day, $3 last day
-- Row: entity_hash, event_day, account_id, some more than once. Index: event_directory_pkey, inside the function.
SELECT d.entity_hash, d.event_day, d.account_id FROM entity_accounts($1::bigint[], $2::date, $3::date) AS d
