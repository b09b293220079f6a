-- A delivery of many records commits in pieces, and each books what it stored: the next piece adds to the delivery's row.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

-- What was received, when, and from whom is never changed.
GRANT SELECT (received, new, duplicates, variants, updated, stale, quarantined),
  UPDATE (received, new, duplicates, variants, updated, stale, quarantined) ON delivery TO backtrail_ingest;
GRANT SELECT, UPDATE (received, new, duplicates, variants, updated, stale, quarantined) ON delivery_kind TO backtrail_ingest;
