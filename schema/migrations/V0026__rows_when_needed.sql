-- A day has tables for rows only when an event of it is stored as a row. Imports store whole days as parts, and of all that
-- a new day costs, nine tenths are the indexes of rows.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

-- Every day has tables for parts: they say which ranges exist. partition_name is the table of rows, or null. Otherwise as
-- before: without partitions that were dropped since the snapshot of whoever asks.
CREATE OR REPLACE VIEW event_partition AS
SELECT to_regclass(format('backtrail.api_event_%s_%s', to_char(r.from_day, 'YYYYMMDD'), to_char(r.to_day, 'YYYYMMDD')))::text AS partition_name,
       r.from_day,
       r.to_day
FROM (
  SELECT (regexp_match(b.bounds, 'FROM \(''([0-9-]+)''\) TO \(''([0-9-]+)''\)'))[1]::date AS from_day,
         (regexp_match(b.bounds, 'FROM \(''([0-9-]+)''\) TO \(''([0-9-]+)''\)'))[2]::date AS to_day
  FROM (
    SELECT pg_get_expr(c.relpartbound, c.oid) AS bounds
    FROM pg_inherits AS i
    JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'backtrail.event_part'::regclass
    OFFSET 0
  ) AS b
  WHERE b.bounds IS NOT NULL
) AS r;

-- Makes the partitions [from_day, to_day) of parts, unless something covers a piece of it; with rows, also the tables of
-- rows of every range that this touches. One creator at a time.
DROP FUNCTION create_event_partition(date, date);
CREATE FUNCTION create_event_partition(from_day date, to_day date, with_rows boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
DECLARE
  found record;
BEGIN
  IF from_day IS NULL OR to_day IS NULL OR from_day >= to_day OR to_day - from_day > 3660 THEN
    RAISE EXCEPTION 'create_event_partition: not a range of 1 to 3660 days';
  END IF;
  PERFORM pg_advisory_xact_lock(2, 0);
  IF NOT EXISTS (SELECT FROM event_partition AS p WHERE p.from_day < create_event_partition.to_day AND p.to_day > create_event_partition.from_day) THEN
    PERFORM create_day_partition(t.parent, t.day_column, create_event_partition.from_day, create_event_partition.to_day)
    FROM (SELECT * FROM day_tables() WHERE day_column = 'day' ORDER BY place) AS t;
  END IF;
  IF NOT with_rows THEN
    RETURN;
  END IF;
  FOR found IN
    SELECT p.from_day, p.to_day
    FROM event_partition AS p
    WHERE p.from_day < create_event_partition.to_day AND p.to_day > create_event_partition.from_day AND p.partition_name IS NULL
  LOOP
    PERFORM create_day_partition(t.parent, t.day_column, found.from_day, found.to_day)
    FROM (SELECT * FROM day_tables() WHERE day_column = 'event_day' ORDER BY place) AS t;
  END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION create_event_partition(date, date, boolean) TO backtrail_ingest, backtrail_maintenance;

-- As before; a day without rows has nothing to shrink.
CREATE OR REPLACE FUNCTION shrink_event_partition(from_day date, to_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
DECLARE
  name text;
BEGIN
  IF NOT EXISTS (SELECT FROM event_partition AS p
                 WHERE p.from_day = shrink_event_partition.from_day AND p.to_day = shrink_event_partition.to_day AND p.partition_name IS NOT NULL) THEN
    RETURN;
  END IF;
  FOREACH name IN ARRAY ARRAY['api_event', 'event_mention'] LOOP
    EXECUTE format('REINDEX TABLE %I', format('%s_%s_%s', name, to_char(from_day, 'YYYYMMDD'), to_char(to_day, 'YYYYMMDD')));
  END LOOP;
END
$$;
