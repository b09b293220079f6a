-- The figures of some parts.
-- $1 days, $2 account ids, $3 parts, $4 their places in the list of whoever asks (arrays of one length)
-- Row: place, bytes. Index: event_piece_pkey; OFFSET 0 keeps one look-up a part.
SELECT k.place, x.bytes
FROM unnest($1::date[], $2::text[], $3::integer[], $4::integer[]) AS k(day, account_id, part_no, place)
CROSS JOIN LATERAL (
  SELECT x.bytes
  FROM event_piece AS x
  WHERE x.day = k.day AND x.account_id = k.account_id AND x.part_no = k.part_no AND x.kind = 3 AND x.last_key = 0
  OFFSET 0) AS x
