-- What retention remembers between its runs: which day it believed in, what it removed.
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
