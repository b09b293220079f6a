-- Notices: what AWS says that is neither a finding nor an API event, with its bytes. Kinds: schema/model/notice.hpp.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

-- account_id is the envelope's, or '' for an object notification whose account nothing names. notice_id is made of the JSON
-- value, so the same notice by another door or serialised otherwise is the same row.
CREATE TABLE notice (
  account_id text NOT NULL CHECK (account_id ~ '^([0-9]{12})?$'),
  notice_id uuid NOT NULL,
  kind text NOT NULL,
  source text NOT NULL,       -- aws.guardduty, aws.s3
  detail_type text NOT NULL,  -- the sender's words
  region text NOT NULL,
  subject text NOT NULL,      -- what it is about: bucket/key, an insight's ARN, a resource
  notice_time timestamptz NOT NULL,
  first_received_at timestamptz NOT NULL,
  door text NOT NULL,
  key_id text NOT NULL,
  origin text NOT NULL,
  raw_sha256 bytea NOT NULL,
  raw_bytes integer NOT NULL,
  raw bytea NOT NULL,  -- schema/block_format/raw_codec
  PRIMARY KEY (account_id, notice_id)
);
ALTER TABLE notice ALTER COLUMN raw SET STORAGE EXTERNAL;
CREATE INDEX notice_time ON notice (notice_time, notice_id);
ALTER TABLE notice ENABLE ROW LEVEL SECURITY;
ALTER TABLE notice FORCE ROW LEVEL SECURITY;
-- '' is no account: such notices are for those who may see, or write, every account, whatever stands in the setting.
CREATE POLICY notice_read ON notice FOR SELECT TO backtrail_api
  USING (current_setting('app.accounts', true) = '*' OR account_id <> '' AND account_id = ANY (string_to_array(current_setting('app.accounts', true), ',')));
CREATE POLICY notice_ingest ON notice FOR ALL TO backtrail_ingest
  USING (current_setting('app.accounts', true) = '*' OR account_id <> '' AND account_id = ANY (string_to_array(current_setting('app.accounts', true), ',')));
CREATE POLICY notice_maintain ON notice FOR ALL TO backtrail_maintenance USING (true) WITH CHECK (true);
GRANT SELECT ON notice TO backtrail_api;
GRANT SELECT, INSERT ON notice TO backtrail_ingest;
GRANT SELECT, DELETE ON notice TO backtrail_maintenance;

ALTER TABLE retention_rule DROP CONSTRAINT retention_rule_kind_check;
ALTER TABLE retention_rule ADD CONSTRAINT retention_rule_kind_check CHECK (kind IN ('finding', 'event_management', 'event_data',
  'event_insight', 'event_network_activity', 'notice', 'quarantine', 'delivery'));
INSERT INTO retention_rule (kind, days) VALUES ('notice', 90);
