-- What was heard from where: records per account, Region, source and day of their own time.
--
-- A writer only appends to coverage_delta, in the transaction that stores the records: an UPDATE of today's row would make
-- every writer wait for the commit of the one before. fold_coverage() moves deltas into coverage_day. What is known is
-- both together, exact in any snapshot.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

CREATE TABLE coverage_day (
  account_id text NOT NULL,
  region text NOT NULL,
  source smallint NOT NULL,  -- schema/model/coverage.hpp
  day date NOT NULL,
  records bigint NOT NULL,   -- that were new
  hours integer NOT NULL,    -- bit h: something happened in hour h of the day (UTC)
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  last_received_at timestamptz NOT NULL,
  lags integer[],            -- records by delivery lag, per bucket of schema/model/coverage.hpp; null: none came through a door
  PRIMARY KEY (account_id, region, source, day)
);

-- Short-lived and read whole, so it has no index.
CREATE TABLE coverage_delta (LIKE coverage_day);
ALTER TABLE coverage_delta SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['coverage_day', 'coverage_delta'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO backtrail_api USING (current_setting(''app.accounts'', true) = ''*'' OR account_id = ANY (string_to_array(current_setting(''app.accounts'', true), '','')))', name || '_read', name);
    EXECUTE format('CREATE POLICY %I ON %I FOR ALL TO backtrail_ingest USING (current_setting(''app.accounts'', true) = ''*'' OR account_id = ANY (string_to_array(current_setting(''app.accounts'', true), '','')))', name || '_ingest', name);
    EXECUTE format('CREATE POLICY %I ON %I FOR ALL TO backtrail_maintenance USING (true) WITH CHECK (true)', name || '_maintain', name);
    EXECUTE format('GRANT SELECT ON %I TO backtrail_api', name);
    EXECUTE format('GRANT SELECT, DELETE ON %I TO backtrail_maintenance', name);
  END LOOP;
END
$$;
GRANT INSERT ON coverage_delta TO backtrail_ingest;

-- Sums two histograms bucket by bucket; null counts as nothing.
CREATE FUNCTION add_lags(a integer[], b integer[]) RETURNS integer[]
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN a IS NULL THEN b
    WHEN b IS NULL THEN a
    ELSE ARRAY(SELECT coalesce(u.x, 0) + coalesce(u.y, 0) FROM unnest(a, b) WITH ORDINALITY AS u (x, y, bucket) ORDER BY u.bucket)
  END
$$;

-- Moves all deltas into coverage_day and gives how many cells that touched. One folder at a time; a second one leaves it to the
-- first. The row of a cell is the same whatever way its records were cut into deltas.
CREATE FUNCTION fold_coverage() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
DECLARE
  touched bigint;
BEGIN
  IF NOT pg_try_advisory_xact_lock(2, 1) THEN
    RETURN 0;
  END IF;
  WITH taken AS (
    DELETE FROM coverage_delta RETURNING account_id, region, source, day, records, hours, first_at, last_at, last_received_at, lags
  ), bucket AS (
    SELECT t.account_id, t.region, t.source, t.day, l.position, sum(l.n)::integer AS n
    FROM taken AS t
    CROSS JOIN LATERAL unnest(t.lags) WITH ORDINALITY AS l (n, position)
    GROUP BY t.account_id, t.region, t.source, t.day, l.position
  ), lag AS (
    SELECT b.account_id, b.region, b.source, b.day, array_agg(b.n ORDER BY b.position) AS lags
    FROM bucket AS b
    GROUP BY b.account_id, b.region, b.source, b.day
  ), cell AS (
    SELECT t.account_id, t.region, t.source, t.day, sum(t.records)::bigint AS records, bit_or(t.hours) AS hours,
      min(t.first_at) AS first_at, max(t.last_at) AS last_at, max(t.last_received_at) AS last_received_at
    FROM taken AS t
    GROUP BY t.account_id, t.region, t.source, t.day
  )
  INSERT INTO coverage_day AS c (account_id, region, source, day, records, hours, first_at, last_at, last_received_at, lags)
  SELECT cell.account_id, cell.region, cell.source, cell.day, cell.records, cell.hours, cell.first_at, cell.last_at,
    cell.last_received_at, lag.lags
  FROM cell
  LEFT JOIN lag ON lag.account_id = cell.account_id AND lag.region = cell.region AND lag.source = cell.source
    AND lag.day = cell.day
  ON CONFLICT (account_id, region, source, day) DO UPDATE SET
    records = c.records + excluded.records,
    hours = c.hours | excluded.hours,
    first_at = least(c.first_at, excluded.first_at),
    last_at = greatest(c.last_at, excluded.last_at),
    last_received_at = greatest(c.last_received_at, excluded.last_received_at),
    lags = add_lags(c.lags, excluded.lags);
  GET DIAGNOSTICS touched = ROW_COUNT;
  RETURN touched;
END
$$;
GRANT EXECUTE ON FUNCTION fold_coverage() TO backtrail_ingest, backtrail_maintenance;
