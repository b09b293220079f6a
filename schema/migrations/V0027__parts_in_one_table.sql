-- Parts and their pieces are in one table each, no longer in one for every day. A question looks into every day of 90: with
-- a table for each, preparing to look cost milliseconds where looking costs microseconds, and every day had pages that stay
-- half empty. What expires is deleted: of a day some hundred rows, and their long values in pieces of 2 kB.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

-- Which ranges of days there are, and the table of rows of each; null: no event of them was ever stored as a row. The size of
-- that table tells without a look into it that the days have no rows.
CREATE TABLE event_range (
  from_day date PRIMARY KEY,
  to_day date NOT NULL CHECK (to_day > from_day),  -- the day behind the last
  row_table regclass
);
GRANT SELECT ON event_range TO backtrail_ingest, backtrail_api, backtrail_maintenance;

CREATE FUNCTION row_table_of(from_day date, to_day date) RETURNS regclass
LANGUAGE sql STABLE SET search_path = backtrail, pg_temp AS $$
  SELECT to_regclass(format('backtrail.api_event_%s_%s', to_char(from_day, 'YYYYMMDD'), to_char(to_day, 'YYYYMMDD')))
$$;

GRANT EXECUTE ON FUNCTION row_table_of(date, date) TO backtrail_ingest, backtrail_api, backtrail_maintenance;

INSERT INTO event_range (from_day, to_day, row_table)
SELECT p.from_day, p.to_day, row_table_of(p.from_day, p.to_day) FROM event_partition AS p;
-- Lets go of the table that is dropped; made anew below.
CREATE OR REPLACE VIEW event_partition AS
SELECT r.row_table::text AS partition_name, r.from_day, r.to_day FROM event_range AS r;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['event_part', 'event_piece'] LOOP
    EXECUTE format('ALTER TABLE %I RENAME TO %I', name, name || '_by_day');
    EXECUTE format('ALTER INDEX %I RENAME TO %I', name || '_pkey', name || '_by_day_pkey');
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING STORAGE)', name, name || '_by_day');
    EXECUTE format('INSERT INTO %I SELECT * FROM %I ORDER BY day, account_id, part_no', name, name || '_by_day');
    EXECUTE format('DROP TABLE %I', name || '_by_day');
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO backtrail_api, backtrail_ingest USING (current_setting(''app.accounts'', true) = ''*'' OR account_id = ANY (string_to_array(current_setting(''app.accounts'', true), '','')))', name || '_read', name);
    EXECUTE format('CREATE POLICY %I ON %I FOR ALL TO backtrail_maintenance USING (true) WITH CHECK (true)', name || '_maintain', name);
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT TO backtrail_ingest WITH CHECK (current_setting(''app.accounts'', true) = ''*'' OR account_id = ANY (string_to_array(current_setting(''app.accounts'', true), '','')))', name || '_ingest', name);
    EXECUTE format('GRANT SELECT ON %I TO backtrail_api, backtrail_ingest', name);
    EXECUTE format('GRANT INSERT ON %I TO backtrail_ingest', name);
    EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I TO backtrail_maintenance', name);
    -- A day in 90 expires each day: the room of the last one is wanted for the next.
    EXECUTE format('ALTER TABLE %I SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02)', name);
  END LOOP;
END
$$;
ALTER TABLE event_part ADD PRIMARY KEY (day, account_id, part_no);
ALTER TABLE event_piece ADD PRIMARY KEY (day, account_id, part_no, kind, last_key);
ALTER TABLE event_piece SET (toast.autovacuum_vacuum_scale_factor = 0.01);

-- The ranges, and days of parts outside of them: a writer that was sure of its range may store a part after retention removed
-- the range, and retention must find it. partition_name is the table of rows, or null: also when it was dropped since the
-- snapshot of whoever asks.
CREATE OR REPLACE VIEW event_partition AS
WITH RECURSIVE part_day (day) AS (
  SELECT min(p.day) FROM event_part AS p
  UNION ALL
  SELECT (SELECT min(p.day) FROM event_part AS p WHERE p.day > d.day) FROM part_day AS d WHERE d.day IS NOT NULL
)
SELECT row_table_of(r.from_day, r.to_day)::text AS partition_name, r.from_day, r.to_day
FROM event_range AS r
UNION ALL
SELECT NULL, d.day, d.day + 1
FROM part_day AS d
WHERE d.day IS NOT NULL AND NOT EXISTS (SELECT FROM event_range AS r WHERE r.from_day <= d.day AND r.to_day > d.day);

-- The tables whose partitions are made and dropped together, with their column of the day.
CREATE OR REPLACE FUNCTION day_tables() RETURNS TABLE (place integer, parent text, day_column text)
LANGUAGE sql IMMUTABLE SET search_path = backtrail, pg_temp AS $$
  VALUES (1, 'api_event', 'event_day'), (2, 'event_mention', 'event_day')
$$;

-- Makes the range [from_day, to_day), unless something covers a piece of it; with rows, also the tables of rows of every
-- range that this touches. One creator at a time.
CREATE OR REPLACE FUNCTION create_event_partition(from_day date, to_day date, with_rows boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
DECLARE
  found record;
BEGIN
  IF from_day IS NULL OR to_day IS NULL OR from_day >= to_day OR to_day - from_day > 3660 THEN
    RAISE EXCEPTION 'create_event_partition: not a range of 1 to 3660 days';
  END IF;
  PERFORM pg_advisory_xact_lock(2, 0);
  INSERT INTO event_range (from_day, to_day)
  SELECT create_event_partition.from_day, create_event_partition.to_day
  WHERE NOT EXISTS (SELECT FROM event_range AS r
                    WHERE r.from_day < create_event_partition.to_day AND r.to_day > create_event_partition.from_day);
  IF NOT with_rows THEN
    RETURN;
  END IF;
  FOR found IN
    SELECT r.from_day, r.to_day
    FROM event_range AS r
    WHERE r.from_day < create_event_partition.to_day AND r.to_day > create_event_partition.from_day AND r.row_table IS NULL
  LOOP
    PERFORM create_day_partition(t.parent, t.day_column, found.from_day, found.to_day)
    FROM (SELECT * FROM day_tables() ORDER BY place) AS t;
    UPDATE event_range AS r SET row_table = row_table_of(found.from_day, found.to_day) WHERE r.from_day = found.from_day;
  END LOOP;
END
$$;

-- Drops the tables of rows that hold exactly [from_day, to_day), and removes the parts and the directory of those days. The
-- parents are locked first and in the order of writers: in another one a writer that waits for one table would keep the
-- dropper waiting for the next. ONLY, because LOCK TABLE would take every partition otherwise. The caller sets lock_timeout.
CREATE OR REPLACE FUNCTION drop_event_partition(from_day date, to_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
DECLARE
  name text;
BEGIN
  IF NOT EXISTS (SELECT FROM event_partition AS p WHERE p.from_day = drop_event_partition.from_day AND p.to_day = drop_event_partition.to_day) THEN
    RETURN;
  END IF;
  IF row_table_of(from_day, to_day) IS NOT NULL THEN
    FOR name IN SELECT t.parent FROM day_tables() AS t ORDER BY t.place LOOP
      EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', name);
    END LOOP;
    FOR name IN SELECT t.parent FROM day_tables() AS t ORDER BY t.place LOOP
      EXECUTE format('DROP TABLE IF EXISTS %I', format('%s_%s_%s', name, to_char(from_day, 'YYYYMMDD'), to_char(to_day, 'YYYYMMDD')));
    END LOOP;
  END IF;
  DELETE FROM event_range AS r WHERE r.from_day = drop_event_partition.from_day;
  DELETE FROM event_piece AS p WHERE p.day >= drop_event_partition.from_day AND p.day < drop_event_partition.to_day;
  DELETE FROM event_part AS p WHERE p.day >= drop_event_partition.from_day AND p.day < drop_event_partition.to_day;
  DELETE FROM event_directory AS d WHERE d.day >= drop_event_partition.from_day AND d.day < drop_event_partition.to_day;
END
$$;

-- As before, in less time: rows of days on which the entity cannot have been are left out before the loop, and numbers are read
-- without a way through text.
CREATE OR REPLACE FUNCTION entity_accounts(hashes bigint[], from_day date, to_day date)
RETURNS TABLE (entity_hash bigint, event_day date, account_id text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
DECLARE
  scope constant text := current_setting('app.accounts', true);
  allowed constant text[] := string_to_array(current_setting('app.accounts', true), ',');
  wanted bytea;
  found record;
  accounts integer;
  width integer;
  n integer;
  at integer;
  step integer;
  place integer;
BEGIN
  IF scope IS NULL OR scope = '' THEN
    RETURN;
  END IF;
  FOREACH entity_hash IN ARRAY hashes LOOP
    FOR found IN
      SELECT d.day, d.bytes, s.rest
      FROM (VALUES (1, entity_hash),
                   (16 + ((entity_hash >> 60) & 15)::integer, entity_hash << 4),
                   (64 + ((entity_hash >> 58) & 63)::integer, entity_hash << 6),
                   (256 + ((entity_hash >> 56) & 255)::integer, entity_hash << 8),
                   (1024 + ((entity_hash >> 54) & 1023)::integer, entity_hash << 10),
                   (4096 + ((entity_hash >> 52) & 4095)::integer, entity_hash << 12)) AS s(slot, rest)
      CROSS JOIN LATERAL (
        SELECT d.day, d.bytes
        FROM event_directory AS d
        WHERE d.slot = s.slot AND d.day BETWEEN from_day AND to_day
          AND position(substring(int8send(s.rest) FOR 3) IN substring(d.bytes FROM 4)) > 0
        OFFSET 0) AS d
    LOOP
      wanted := substring(int8send(found.rest) FOR 3);
      at := position(wanted IN substring(found.bytes FROM 4));
      IF at > 0 THEN
        accounts := (get_byte(found.bytes, 0) << 16) + (get_byte(found.bytes, 1) << 8) + get_byte(found.bytes, 2);
        width := CASE WHEN accounts <= 256 THEN 1 WHEN accounts <= 65536 THEN 2 ELSE 3 END;
        n := (length(found.bytes) - 3 - 5 * accounts) / (3 + width);
      END IF;
      WHILE at > 0 AND at <= 3 * n LOOP
        step := 1;
        IF at % 3 = 1 THEN
          place := 3 + 3 * n + width * (at / 3);
          step := CASE width
            WHEN 1 THEN get_byte(found.bytes, place)
            WHEN 2 THEN (get_byte(found.bytes, place) << 8) + get_byte(found.bytes, place + 1)
            ELSE (get_byte(found.bytes, place) << 16) + (get_byte(found.bytes, place + 1) << 8) + get_byte(found.bytes, place + 2)
          END;
          place := 3 + (3 + width) * n + 5 * step;
          account_id := lpad(((get_byte(found.bytes, place)::bigint << 32) + (get_byte(found.bytes, place + 1)::bigint << 24)
            + (get_byte(found.bytes, place + 2) << 16) + (get_byte(found.bytes, place + 3) << 8) + get_byte(found.bytes, place + 4))::text, 12, '0');
          IF scope = '*' OR account_id = ANY (allowed) THEN
            event_day := found.day;
            RETURN NEXT;
          END IF;
          step := 3;
        END IF;
        at := at + step;
        step := position(wanted IN substring(found.bytes FROM 3 + at));
        at := CASE WHEN step = 0 THEN 0 ELSE at + step - 1 END;
      END LOOP;
    END LOOP;
  END LOOP;
END
$$;
