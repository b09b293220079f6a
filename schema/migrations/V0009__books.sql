-- The books by kind of record, and what became of quarantined records since they were refused.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

-- The counts of a delivery by kind; delivery has their sums. Kinds that did not occur have no row.
CREATE TABLE delivery_kind (
  delivery_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('finding', 'event', 'notice', 'unknown')),
  received bigint NOT NULL,
  new bigint NOT NULL CHECK (new >= 0),
  duplicates bigint NOT NULL CHECK (duplicates >= 0),
  variants bigint NOT NULL CHECK (variants >= 0),
  updated bigint NOT NULL CHECK (updated >= 0),
  stale bigint NOT NULL CHECK (stale >= 0),
  quarantined bigint NOT NULL CHECK (quarantined >= 0),
  PRIMARY KEY (delivery_id, kind),
  CHECK (received = new + duplicates + variants + updated + stale + quarantined)
);
-- What was booked before kinds were counted.
INSERT INTO delivery_kind (delivery_id, kind, received, new, duplicates, variants, updated, stale, quarantined)
SELECT delivery_id, 'unknown', received, new, duplicates, variants, updated, stale, quarantined
FROM delivery WHERE received > 0;
GRANT INSERT ON delivery_kind TO backtrail_ingest;
GRANT SELECT (delivery_id) ON delivery TO backtrail_ingest;
GRANT SELECT ON delivery_kind TO backtrail_api;
GRANT SELECT, DELETE ON delivery_kind TO backtrail_maintenance;

-- A record is resolved once it was read again without being refused as a whole. What was received is never changed:
-- the ingest role may only write the columns that say what was tried since.
ALTER TABLE quarantine
  ADD COLUMN kind text NOT NULL DEFAULT 'unknown' CHECK (kind IN ('finding', 'event', 'notice', 'unknown')),
  ADD COLUMN parser_version text NOT NULL DEFAULT '',
  ADD COLUMN scope text NOT NULL DEFAULT '',  -- what the sender's key could write: * or accounts, by commas
  ADD COLUMN tries integer NOT NULL DEFAULT 0,
  ADD COLUMN last_tried_at timestamptz,
  ADD COLUMN resolved_at timestamptz;
UPDATE quarantine SET scope = '*' WHERE key_id = '';
UPDATE quarantine AS q SET scope = array_to_string(k.accounts, ',') FROM api_key AS k WHERE k.key_id = q.key_id;
GRANT UPDATE (reason, detail, kind, parser_version, tries, last_tried_at, resolved_at) ON quarantine TO backtrail_ingest;
