-- Removes one part.
-- $1 day, $2 account id, $3 part
-- Row: n, 1 when it was there. Index: the primary keys.
WITH pieces AS (
  DELETE FROM event_piece WHERE day = $1::date AND account_id = $2::text AND part_no = $3::integer
), parts AS (
  DELETE FROM event_part WHERE day = $1::date AND account_id = $2::text AND part_no = $3::integer RETURNING 1
)
SELECT count(*) AS n FROM parts
