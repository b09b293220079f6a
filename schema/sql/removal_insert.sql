-- Notes what retention removed, in the transaction that removes it.
-- $1 id, $2 time, $3 what, $4 first day (null: from the beginning), $5 the day behind the last, $6 rows, $7 counted (else an
-- estimate), $8 folder of the archive or '', $9 SHA-256 of its manifest (hexadecimal) or null
INSERT INTO removal (removal_id, removed_at, what, from_day, to_day, row_count, counted, archive, manifest_sha256)
VALUES ($1::uuid, $2::timestamptz, $3::text, $4::date, $5::date, $6::bigint, $7::boolean, $8::text, decode($9::text, 'hex'))
