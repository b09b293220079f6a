-- Adds what a commit stored to deliveries that were booked before: by another piece of the same delivery, or by a try of it
-- whose end nobody knows. Then what that one stored comes as duplicates, and what it refused is refused again: neither is
-- counted twice. So what was stored adds up, what was refused is the most that any try refused, and duplicates are the rest of
-- what was received. Exact once a try came to its end.
-- Arrays with one element for each kind of each delivery: $1 its id, $2 kind, of this try so far: $3 received, $4 quarantined, of
-- this commit: $5 new, $6 variants, $7 updated, $8 stale
-- Index: delivery_pkey, delivery_kind_pkey. The deliveries are locked (delivery_lock.sql).
WITH told AS (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
    AS t(delivery_id, kind, received, quarantined, new, variants, updated, stale)
), booked AS (
  SELECT * FROM delivery_kind WHERE delivery_id = ANY ($1::uuid[])
), stored AS (
  SELECT delivery_id, kind, greatest(b.received, t.received) AS received,
    coalesce(b.new, 0) + coalesce(t.new, 0) AS new, coalesce(b.variants, 0) + coalesce(t.variants, 0) AS variants,
    coalesce(b.updated, 0) + coalesce(t.updated, 0) AS updated, coalesce(b.stale, 0) + coalesce(t.stale, 0) AS stale,
    greatest(b.quarantined, t.quarantined) AS quarantined
  FROM booked AS b FULL JOIN told AS t USING (delivery_id, kind)
), counts AS (
  SELECT delivery_id, kind, greatest(received, new + variants + updated + stale + quarantined) AS received,
    new, variants, updated, stale, quarantined
  FROM stored
), sums AS (
  SELECT delivery_id, sum(received)::bigint AS received, sum(new)::bigint AS new, sum(variants)::bigint AS variants,
    sum(updated)::bigint AS updated, sum(stale)::bigint AS stale, sum(quarantined)::bigint AS quarantined
  FROM counts
  GROUP BY delivery_id
), kinds AS (
  INSERT INTO delivery_kind (delivery_id, kind, received, new, duplicates, variants, updated, stale, quarantined)
  SELECT delivery_id, kind, received, new, received - new - variants - updated - stale - quarantined, variants, updated, stale,
    quarantined
  FROM counts
  ON CONFLICT (delivery_id, kind) DO UPDATE SET received = excluded.received, new = excluded.new,
    duplicates = excluded.duplicates, variants = excluded.variants, updated = excluded.updated, stale = excluded.stale,
    quarantined = excluded.quarantined
)
UPDATE delivery AS d SET received = s.received, new = s.new,
  duplicates = s.received - s.new - s.variants - s.updated - s.stale - s.quarantined, variants = s.variants,
  updated = s.updated, stale = s.stale, quarantined = s.quarantined
FROM sums AS s
WHERE d.delivery_id = s.delivery_id
