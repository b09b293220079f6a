-- What retention remembers between its runs: which day it believed in, what it removed; and a drop of partitions that never
-- stands in the way of writers for long.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

-- One row. trusted_day: the latest day that a run believed to be today; the first is the database's own. suspected_at: when a
-- clock first showed a time that nothing confirms (schema/retention/clock_guard.hpp).
CREATE TABLE retention_state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  trusted_day date NOT NULL,
  suspected_at timestamptz
);
INSERT INTO retention_state (trusted_day) SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date;
GRANT SELECT, UPDATE ON retention_state TO backtrail_maintenance;

-- What was removed, for people who ask where it went.
CREATE TABLE removal (
  removal_id uuid PRIMARY KEY,
  removed_at timestamptz NOT NULL,
  what text NOT NULL,            -- event, event_management, …, finding, notice, quarantine, delivery
  from_day date,                 -- null: from the beginning
  to_day date NOT NULL,          -- the day behind the last
  row_count bigint NOT NULL,
  counted boolean NOT NULL       -- false: PostgreSQL's estimate of a partition that was dropped whole
);
CREATE INDEX removal_removed_at ON removal (removed_at);
GRANT SELECT, INSERT, DELETE ON removal TO backtrail_maintenance;

-- Drops the partitions that hold exactly [from_day, to_day). api_event is locked first, as every writer does: in the other
-- order a writer that waits for event_mention would keep the dropper waiting for api_event. ONLY, because LOCK TABLE would
-- take every partition otherwise. The caller sets lock_timeout.
CREATE OR REPLACE FUNCTION drop_event_partition(from_day date, to_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
DECLARE
  parent text;
BEGIN
  IF NOT EXISTS (SELECT FROM event_partition AS p WHERE p.from_day = drop_event_partition.from_day AND p.to_day = drop_event_partition.to_day) THEN
    RETURN;
  END IF;
  LOCK TABLE ONLY api_event IN ACCESS EXCLUSIVE MODE;
  LOCK TABLE ONLY event_mention IN ACCESS EXCLUSIVE MODE;
  FOREACH parent IN ARRAY ARRAY['api_event', 'event_mention'] LOOP
    EXECUTE format('DROP TABLE IF EXISTS %I', format('%s_%s_%s', parent, to_char(from_day, 'YYYYMMDD'), to_char(to_day, 'YYYYMMDD')));
  END LOOP;
END
$$;

-- Without partitions that were dropped since the snapshot of whoever asks: the catalogue still lists them there, but their
-- bounds are gone. OFFSET 0, so that the bounds are asked for once: a second time they could be gone.
CREATE OR REPLACE VIEW event_partition AS
SELECT b.partition_name,
       (regexp_match(b.bounds, 'FROM \(''([0-9-]+)''\) TO \(''([0-9-]+)''\)'))[1]::date AS from_day,
       (regexp_match(b.bounds, 'FROM \(''([0-9-]+)''\) TO \(''([0-9-]+)''\)'))[2]::date AS to_day
FROM (
  SELECT c.oid::regclass::text AS partition_name, pg_get_expr(c.relpartbound, c.oid) AS bounds
  FROM pg_inherits AS i
  JOIN pg_class AS c ON c.oid = i.inhrelid
  WHERE i.inhparent = 'backtrail.api_event'::regclass
  OFFSET 0
) AS b
WHERE b.bounds IS NOT NULL;
