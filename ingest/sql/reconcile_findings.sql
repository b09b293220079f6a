-- Which of these findings are stored, and in which state.
-- $1 account ids, $2 finding uids (arrays of one length)
-- Row: finding_uid, updated_at. Index: primary key.
SELECT f.finding_uid, f.updated_at
FROM unnest($1::text[], $2::uuid[]) AS w (account_id, finding_uid)
JOIN finding AS f ON f.account_id = w.account_id AND f.finding_uid = w.finding_uid
