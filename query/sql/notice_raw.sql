-- The exact bytes of a notice, as stored.
-- $1 account ('' when it has none), $2 id
-- Row: raw. Index: notice_pkey.
SELECT n.raw
FROM notice AS n
WHERE n.account_id = $1::text AND n.notice_id = $2::uuid
