-- API events as rows, partitioned by day, and the entities that an event names ("on").
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

-- Hashes are those of schema/model/entity.hpp; what they stand for is read from raw. The keyset order of every listing
-- is (event_time, event_id, content_fp).
CREATE TABLE api_event (
  event_time timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  principal_hash bigint,
  session_hash bigint,
  access_key_hash bigint,
  instance_hash bigint,
  ip_address_hash bigint,
  user_agent_hash bigint,
  event_day date NOT NULL,
  flags integer NOT NULL,
  event_id uuid NOT NULL,
  content_fp uuid NOT NULL,
  event_class smallint NOT NULL,
  outcome smallint NOT NULL,
  read_only boolean,
  account_id text NOT NULL,
  region text NOT NULL,
  service text NOT NULL,
  api text NOT NULL,
  error_code text,
  raw bytea NOT NULL,  -- schema/block_format/raw_codec
  PRIMARY KEY (event_day, account_id, event_id, content_fp)
) PARTITION BY RANGE (event_day);
ALTER TABLE api_event ALTER COLUMN raw SET STORAGE EXTERNAL;
CREATE INDEX api_event_time ON api_event (event_time, event_id);
CREATE INDEX api_event_principal ON api_event (principal_hash, event_time) WHERE principal_hash IS NOT NULL;
CREATE INDEX api_event_session ON api_event (session_hash, event_time) WHERE session_hash IS NOT NULL;
CREATE INDEX api_event_access_key ON api_event (access_key_hash, event_time) WHERE access_key_hash IS NOT NULL;
CREATE INDEX api_event_instance ON api_event (instance_hash, event_time) WHERE instance_hash IS NOT NULL;
CREATE INDEX api_event_ip_address ON api_event (ip_address_hash, event_time) WHERE ip_address_hash IS NOT NULL;
CREATE INDEX api_event_user_agent ON api_event (user_agent_hash, event_time) WHERE user_agent_hash IS NOT NULL;

CREATE TABLE event_mention (
  entity_hash bigint NOT NULL,
  event_time timestamptz NOT NULL,
  event_day date NOT NULL,
  event_id uuid NOT NULL,
  content_fp uuid NOT NULL,
  account_id text NOT NULL,
  PRIMARY KEY (entity_hash, event_time, event_id, content_fp, event_day, account_id)
) PARTITION BY RANGE (event_day);

-- Entities by name, for search and for titles: principals, instances, resources, IP addresses. Access keys, sessions and
-- user agents are found by their exact text and stay out (one key an event would double the rows).
CREATE TABLE entity (
  account_id text NOT NULL,  -- where it acted or was named
  kind smallint NOT NULL,
  entity_hash bigint NOT NULL,
  entity_key text NOT NULL,
  name text NOT NULL,
  PRIMARY KEY (account_id, kind, entity_hash)
);
CREATE INDEX entity_name ON entity (lower(name) text_pattern_ops);
CREATE INDEX entity_key ON entity (entity_key text_pattern_ops);
CREATE INDEX entity_hash ON entity (entity_hash);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['api_event', 'event_mention', 'entity'] LOOP
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

GRANT UPDATE (name) ON entity TO backtrail_ingest;

-- The ranges that exist, for the planner of partitions (schema/retention/partition_plan.hpp).
CREATE VIEW event_partition AS
SELECT c.oid::regclass::text AS partition_name,
       (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([0-9-]+)''\) TO \(''([0-9-]+)''\)'))[1]::date AS from_day,
       (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([0-9-]+)''\) TO \(''([0-9-]+)''\)'))[2]::date AS to_day
FROM pg_inherits AS i
JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'backtrail.api_event'::regclass;
GRANT SELECT ON event_partition TO backtrail_ingest, backtrail_api, backtrail_maintenance;

-- Makes the partitions [from_day, to_day) of both tables. CREATE and then ATTACH, because CREATE … PARTITION OF would lock
-- out every writer; one creator at a time; nothing happens when the range exists.
CREATE FUNCTION create_event_partition(from_day date, to_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
DECLARE
  parent text;
  child text;
BEGIN
  IF from_day IS NULL OR to_day IS NULL OR from_day >= to_day OR to_day - from_day > 3660 THEN
    RAISE EXCEPTION 'create_event_partition: not a range of 1 to 3660 days';
  END IF;
  PERFORM pg_advisory_xact_lock(2, 0);
  IF EXISTS (SELECT FROM event_partition AS p WHERE p.from_day < create_event_partition.to_day AND p.to_day > create_event_partition.from_day) THEN
    RETURN;
  END IF;
  FOREACH parent IN ARRAY ARRAY['api_event', 'event_mention'] LOOP
    child := format('%s_%s_%s', parent, to_char(from_day, 'YYYYMMDD'), to_char(to_day, 'YYYYMMDD'));
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', child, parent);
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT in_range CHECK (event_day >= %L AND event_day < %L)', child, from_day, to_day);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, from_day, to_day);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT in_range', child);
    -- Nobody may reach a partition past its parent's policies; no policy and forced means no row.
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
  END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION create_event_partition(date, date) TO backtrail_ingest, backtrail_maintenance;

-- Drops the partitions that hold exactly [from_day, to_day).
CREATE FUNCTION drop_event_partition(from_day date, to_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
DECLARE
  parent text;
BEGIN
  IF NOT EXISTS (SELECT FROM event_partition AS p WHERE p.from_day = drop_event_partition.from_day AND p.to_day = drop_event_partition.to_day) THEN
    RETURN;
  END IF;
  FOREACH parent IN ARRAY ARRAY['event_mention', 'api_event'] LOOP
    EXECUTE format('DROP TABLE %I', format('%s_%s_%s', parent, to_char(from_day, 'YYYYMMDD'), to_char(to_day, 'YYYYMMDD')));
  END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION drop_event_partition(date, date) TO backtrail_maintenance;
