-- Findings: current state, every version with its bytes, and the entities that any version named.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

-- detail_order and state_order are byte strings that sort as (shape, updated_at, count, fingerprint) and (updated_at,
-- count, shape, fingerprint): the larger wins, so any arrival order gives the same row. The provider's fields and the
-- analysts' fields are apart: ingest never touches the latter.
CREATE TABLE finding (
  account_id text NOT NULL CHECK (account_id ~ '^[0-9]{12}$'),
  finding_uid uuid NOT NULL,
  detail_order bytea NOT NULL,
  state_order bytea NOT NULL,
  -- details: from the richest shape's newest version
  region text NOT NULL,
  product text NOT NULL,
  product_arn text,
  provider_id text NOT NULL,
  detector_id text,
  generator_id text,
  shape smallint NOT NULL,
  type text NOT NULL,
  type_purpose text NOT NULL,
  type_resource text NOT NULL,
  type_family text NOT NULL,
  type_mechanism text NOT NULL,
  type_artifact text NOT NULL,
  title text NOT NULL,
  description text NOT NULL,
  remediation_url text,
  resource_type text,
  action text,
  user_name text,
  access_key_id text,
  instance_id text,
  actor_kind smallint,
  actor_key text,
  actor_name text,
  resource_kind smallint,
  resource_key text,
  resource_name text,
  remote_ip text,
  remote_country text,
  remote_asn text,
  remote_org text,
  facts jsonb NOT NULL,  -- [[label, value], …] in reading order
  sample boolean NOT NULL,
  -- state: from the newest version of any shape
  severity double precision,
  severity_label smallint NOT NULL,
  count bigint NOT NULL,
  updated_at timestamptz NOT NULL,
  archived boolean NOT NULL,
  record_state text,
  workflow_status text,
  compliance_status text,
  -- folded over all versions
  created_at timestamptz NOT NULL,
  first_seen_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  first_received_at timestamptz NOT NULL,
  -- the analysts' fields
  status text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'in_progress', 'notified', 'resolved', 'suppressed')),
  assignee text,
  effective_severity double precision,
  effective_severity_label smallint,
  PRIMARY KEY (account_id, finding_uid)
);
CREATE INDEX finding_last_seen ON finding (last_seen_at, finding_uid);
CREATE INDEX finding_uid_only ON finding (finding_uid);

CREATE TABLE finding_version (
  account_id text NOT NULL,
  finding_uid uuid NOT NULL,
  content_fp uuid NOT NULL,
  shape smallint NOT NULL,
  updated_at timestamptz NOT NULL,
  count bigint NOT NULL,
  severity double precision,
  last_seen_at timestamptz NOT NULL,
  archived boolean NOT NULL,
  received_at timestamptz NOT NULL,
  origin text NOT NULL,
  raw_sha256 bytea NOT NULL,
  raw_bytes integer NOT NULL,
  raw bytea NOT NULL,  -- schema/block_format/raw_codec
  PRIMARY KEY (account_id, finding_uid, content_fp)
);
ALTER TABLE finding_version ALTER COLUMN raw SET STORAGE EXTERNAL;

-- The union over versions. entity_hash is the keyed hash that API events carry too.
CREATE TABLE finding_entity (
  account_id text NOT NULL,
  finding_uid uuid NOT NULL,
  kind smallint NOT NULL,
  entity_key text NOT NULL,
  role smallint NOT NULL,
  position smallint NOT NULL,  -- order of mention in the version that detail_order names
  entity_hash bigint NOT NULL,
  name text,
  attributes jsonb,
  detail_order bytea NOT NULL,
  first_seen_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, finding_uid, kind, entity_key, role)
);
CREATE INDEX finding_entity_hash ON finding_entity (entity_hash, account_id, finding_uid);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['finding', 'finding_version', 'finding_entity'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO backtrail_api USING (current_setting(''app.accounts'', true) = ''*'' OR account_id = ANY (string_to_array(current_setting(''app.accounts'', true), '','')))', name || '_read', name);
    EXECUTE format('CREATE POLICY %I ON %I FOR ALL TO backtrail_ingest USING (current_setting(''app.accounts'', true) = ''*'' OR account_id = ANY (string_to_array(current_setting(''app.accounts'', true), '','')))', name || '_ingest', name);
    EXECUTE format('CREATE POLICY %I ON %I FOR ALL TO backtrail_maintenance USING (true) WITH CHECK (true)', name || '_maintain', name);
    EXECUTE format('GRANT SELECT ON %I TO backtrail_api', name);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO backtrail_ingest', name);
    EXECUTE format('GRANT SELECT, DELETE ON %I TO backtrail_maintenance', name);
  END LOOP;
END
$$;
-- Newer-wins needs UPDATE, but never of the analysts' fields.
GRANT UPDATE (detail_order, state_order, region, product, product_arn, detector_id, generator_id, shape, type,
  type_purpose, type_resource, type_family, type_mechanism, type_artifact, title, description, remediation_url,
  resource_type, action, user_name, access_key_id, instance_id, actor_kind, actor_key, actor_name, resource_kind,
  resource_key, resource_name, remote_ip, remote_country, remote_asn, remote_org, facts, sample, severity,
  severity_label, count, updated_at, archived, record_state, workflow_status, compliance_status, created_at,
  first_seen_at, last_seen_at, first_received_at) ON finding TO backtrail_ingest;
GRANT UPDATE (position, name, attributes, detail_order, first_seen_at, last_seen_at) ON finding_entity TO backtrail_ingest;
