-- What arrived: deliveries and imported objects with their exact accounts, and what could not be stored.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

-- received = new + duplicates + variants + updated + stale + quarantined, always.
CREATE TABLE delivery (
  delivery_id uuid PRIMARY KEY,
  door text NOT NULL,      -- eventbridge, raw, import
  key_id text NOT NULL,    -- '' for a local import
  received_at timestamptz NOT NULL,
  bytes bigint NOT NULL,
  received bigint NOT NULL,
  new bigint NOT NULL,
  duplicates bigint NOT NULL,
  variants bigint NOT NULL,
  updated bigint NOT NULL,  -- a newer state of a known finding
  stale bigint NOT NULL,    -- an older state of a known finding, kept as a version
  quarantined bigint NOT NULL,
  CHECK (received = new + duplicates + variants + updated + stale + quarantined)
);
CREATE INDEX delivery_received_at ON delivery (received_at);
GRANT INSERT ON delivery TO backtrail_ingest;
GRANT SELECT ON delivery TO backtrail_api;
GRANT SELECT, DELETE ON delivery TO backtrail_maintenance;

-- Objects and files that were imported to the end; an object that changed is imported again. No order is assumed.
CREATE TABLE import_object (
  location text NOT NULL,  -- absolute path, or s3://bucket/key
  bytes bigint NOT NULL,
  sha256 bytea NOT NULL,
  state text NOT NULL CHECK (state IN ('imported', 'ignored')),
  detail text NOT NULL,    -- why it was ignored, else ''
  delivery_id uuid,
  finished_at timestamptz NOT NULL,
  PRIMARY KEY (location, sha256)
);
GRANT SELECT, INSERT ON import_object TO backtrail_ingest;
GRANT SELECT ON import_object TO backtrail_api;
GRANT SELECT, DELETE ON import_object TO backtrail_maintenance;

-- Records that could not be stored, with their bytes. The id is made of reason, account and bytes: the same bad record twice is
-- one row. account_id is '' when no account could be read.
CREATE TABLE quarantine (
  account_id text NOT NULL,
  quarantine_id uuid NOT NULL,
  reason text NOT NULL,
  detail text NOT NULL,
  door text NOT NULL,
  key_id text NOT NULL,
  origin text NOT NULL,
  position bigint NOT NULL,  -- which record of the delivery, from 0
  received_at timestamptz NOT NULL,
  bytes bigint NOT NULL,
  sha256 bytea NOT NULL,
  raw bytea NOT NULL,
  PRIMARY KEY (account_id, quarantine_id)
);
CREATE INDEX quarantine_received_at ON quarantine (received_at, quarantine_id);
ALTER TABLE quarantine ENABLE ROW LEVEL SECURITY;
ALTER TABLE quarantine FORCE ROW LEVEL SECURITY;
-- '' is no account: such records are for those who may see every account, whatever stands in the setting.
CREATE POLICY quarantine_read ON quarantine FOR SELECT TO backtrail_api
  USING (current_setting('app.accounts', true) = '*' OR account_id <> '' AND account_id = ANY (string_to_array(current_setting('app.accounts', true), ',')));
CREATE POLICY quarantine_ingest ON quarantine FOR ALL TO backtrail_ingest USING (true) WITH CHECK (true);
CREATE POLICY quarantine_maintain ON quarantine FOR ALL TO backtrail_maintenance USING (true) WITH CHECK (true);
GRANT SELECT ON quarantine TO backtrail_api;
GRANT SELECT, INSERT ON quarantine TO backtrail_ingest;
GRANT SELECT, INSERT, DELETE ON quarantine TO backtrail_maintenance;
