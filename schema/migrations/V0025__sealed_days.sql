-- Sealed days: parts and their pieces, and the directory of entities. What the bytes mean is said in
-- schema/block_format/FORMAT.md. Nothing was sealed before this migration; a warehouse where something was is refused.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

DO $$
BEGIN
  IF EXISTS (SELECT FROM event_part) THEN
    RAISE EXCEPTION 'event_part is not empty: this warehouse was sealed by an unknown program';
  END IF;
END
$$;
DROP TABLE event_part;

-- One row for each sealed run of events of one account, day and class. Classes are apart, because they expire apart.
CREATE TABLE event_part (
  day date NOT NULL,
  account_id text NOT NULL,
  part_no integer NOT NULL,  -- 0, 1, …: late events make another part
  event_class smallint NOT NULL,
  n integer NOT NULL,
  format smallint NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  sealed_at timestamptz NOT NULL,
  layout bytea NOT NULL,
  digest bytea NOT NULL,
  PRIMARY KEY (day, account_id, part_no)
) PARTITION BY RANGE (day);

-- Rows of these two are small (a layout is some hundred bytes at most): without columns that may be moved out, a partition
-- needs no second table and index for what is moved out.
ALTER TABLE event_part ALTER COLUMN account_id SET STORAGE PLAIN, ALTER COLUMN layout SET STORAGE PLAIN,
  ALTER COLUMN digest SET STORAGE PLAIN;
ALTER TABLE event_mention ALTER COLUMN account_id SET STORAGE PLAIN;

-- What a part consists of. Kind 1: posting lists of entities, by their hashes; kind 2: event ids, by their first 24 bits;
-- kind 3: the part's figures, one row; kind 4: all blocks one behind the other, one row: event_part.layout says where each
-- is, and only its bytes are read. Chunks of one kind do not overlap: the chunk that may have a key is the first one whose
-- last key is not below it. One table for all of them, because each costs every day two indexes, a second table for long
-- values and their unfilled pages; one value for all blocks, because of each value the last piece leaves room in a page.
CREATE TABLE event_piece (
  day date NOT NULL,
  account_id text NOT NULL,
  part_no integer NOT NULL,
  kind smallint NOT NULL,
  first_key bigint NOT NULL,
  last_key bigint NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (day, account_id, part_no, kind, last_key)
) PARTITION BY RANGE (day);
-- Compressed already; and the first bytes of a value are read without the others.
ALTER TABLE event_piece ALTER COLUMN bytes SET STORAGE EXTERNAL;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['event_part', 'event_piece'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO backtrail_api, backtrail_ingest USING (current_setting(''app.accounts'', true) = ''*'' OR account_id = ANY (string_to_array(current_setting(''app.accounts'', true), '','')))', name || '_read', name);
    EXECUTE format('CREATE POLICY %I ON %I FOR ALL TO backtrail_maintenance USING (true) WITH CHECK (true)', name || '_maintain', name);
    -- Imports write days that are over as parts at once: ingest adds parts, as it adds rows, and changes or removes none.
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT TO backtrail_ingest WITH CHECK (current_setting(''app.accounts'', true) = ''*'' OR account_id = ANY (string_to_array(current_setting(''app.accounts'', true), '','')))', name || '_ingest', name);
    EXECUTE format('GRANT SELECT ON %I TO backtrail_api, backtrail_ingest', name);
    EXECUTE format('GRANT INSERT ON %I TO backtrail_ingest', name);
    EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I TO backtrail_maintenance', name);
  END LOOP;
END
$$;
-- Unsealing writes rows again.
GRANT INSERT ON api_event, event_mention TO backtrail_maintenance;

-- Entity -> accounts of a day. It spans accounts, so nobody who answers questions may read it: entity_accounts() does.
-- The slot comes first: the rows of one entity's slot of all days lie together.
CREATE TABLE event_directory (
  slot integer NOT NULL,
  day date NOT NULL,
  run_no integer NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (slot, day, run_no)
);
ALTER TABLE event_directory ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE INDEX event_directory_day ON event_directory (day);
ALTER TABLE event_directory ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_directory FORCE ROW LEVEL SECURITY;
CREATE POLICY event_directory_maintain ON event_directory FOR ALL TO backtrail_maintenance USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON event_directory TO backtrail_maintenance;

-- Adds a directory of a day for who may not read it. Too much in it costs a look-up; nothing of it is shown.
CREATE FUNCTION add_event_directory(of_day date, slots integer[], row_bytes bytea[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
  INSERT INTO event_directory (slot, day, run_no, bytes)
  SELECT r.slot, of_day, (SELECT COALESCE(max(d.run_no) + 1, 0) FROM event_directory AS d WHERE d.day = of_day), r.bytes
  FROM unnest(slots, row_bytes) AS r(slot, bytes)
$$;
GRANT EXECUTE ON FUNCTION add_event_directory(date, integer[], bytea[]) TO backtrail_ingest;

-- In which of the caller's accounts, on which days, sealed parts may know these entities. It may say more than there is,
-- never less, and never an account outside the caller's. A row is 3 bytes, how many accounts; n hashes, 3 bytes of each
-- behind the bits that the slot tells; n places in the list of accounts, 1 to 3 bytes; that list, 5 bytes each.
CREATE FUNCTION entity_accounts(hashes bigint[], from_day date, to_day date)
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
        OFFSET 0) AS d
    LOOP
      wanted := substring(int8send(found.rest) FOR 3);
      at := position(wanted IN substring(found.bytes FROM 4));
      IF at > 0 THEN
        accounts := ('x' || encode(substring(found.bytes FOR 3), 'hex'))::bit(24)::integer;
        width := CASE WHEN accounts <= 256 THEN 1 WHEN accounts <= 65536 THEN 2 ELSE 3 END;
        n := (length(found.bytes) - 3 - 5 * accounts) / (3 + width);
      END IF;
      WHILE at > 0 AND at <= 3 * n LOOP
        step := 1;
        IF at % 3 = 1 THEN
          step := ('x' || lpad(encode(substring(found.bytes FROM 4 + 3 * n + width * (at / 3) FOR width), 'hex'), 6, '0'))::bit(24)::integer;
          account_id := lpad((('x' || encode(substring(found.bytes FROM 4 + (3 + width) * n + 5 * step FOR 5), 'hex'))::bit(40)::bigint)::text, 12, '0');
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
GRANT EXECUTE ON FUNCTION entity_accounts(bigint[], date, date) TO backtrail_api, backtrail_maintenance;

-- The tables whose partitions are made and dropped together, with their column of the day. They are locked in this order to
-- drop them, which is the order of writers: they look for parts and then store rows.
CREATE FUNCTION day_tables() RETURNS TABLE (place integer, parent text, day_column text)
LANGUAGE sql IMMUTABLE SET search_path = backtrail, pg_temp AS $$
  VALUES (1, 'event_part', 'day'), (2, 'event_piece', 'day'),
         (3, 'api_event', 'event_day'), (4, 'event_mention', 'event_day')
$$;

-- Makes one partition of one table. CREATE and then ATTACH, because CREATE … PARTITION OF would lock out every writer.
CREATE FUNCTION create_day_partition(parent text, day_column text, from_day date, to_day date) RETURNS void
LANGUAGE plpgsql SET search_path = backtrail, pg_temp AS $$
DECLARE
  child constant text := format('%s_%s_%s', parent, to_char(from_day, 'YYYYMMDD'), to_char(to_day, 'YYYYMMDD'));
BEGIN
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', child, parent);
  EXECUTE format('ALTER TABLE %I ADD CONSTRAINT in_range CHECK (%I >= %L AND %I < %L)', child, day_column, from_day, day_column, to_day);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, from_day, to_day);
  EXECUTE format('ALTER TABLE %I DROP CONSTRAINT in_range', child);
  -- Nobody may reach a partition past its parent's policies; no policy and forced means no row.
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
END
$$;

CREATE OR REPLACE FUNCTION create_event_partition(from_day date, to_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
BEGIN
  IF from_day IS NULL OR to_day IS NULL OR from_day >= to_day OR to_day - from_day > 3660 THEN
    RAISE EXCEPTION 'create_event_partition: not a range of 1 to 3660 days';
  END IF;
  PERFORM pg_advisory_xact_lock(2, 0);
  IF EXISTS (SELECT FROM event_partition AS p WHERE p.from_day < create_event_partition.to_day AND p.to_day > create_event_partition.from_day) THEN
    RETURN;
  END IF;
  PERFORM create_day_partition(t.parent, t.day_column, from_day, to_day) FROM (SELECT * FROM day_tables() ORDER BY place) AS t;
END
$$;

SELECT create_day_partition(t.parent, t.day_column, p.from_day, p.to_day)
FROM (SELECT * FROM day_tables() WHERE day_column = 'day' ORDER BY place) AS t
CROSS JOIN (SELECT from_day, to_day FROM event_partition ORDER BY from_day) AS p;

-- Drops the partitions that hold exactly [from_day, to_day), of rows and of parts, and what the directory says of those
-- days. The parents are locked first and in the order of writers: in another one a writer that waits for one table would
-- keep the dropper waiting for the next. ONLY, because LOCK TABLE would take every partition otherwise. The caller sets
-- lock_timeout.
CREATE OR REPLACE FUNCTION drop_event_partition(from_day date, to_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
DECLARE
  name text;
BEGIN
  IF NOT EXISTS (SELECT FROM event_partition AS p WHERE p.from_day = drop_event_partition.from_day AND p.to_day = drop_event_partition.to_day) THEN
    RETURN;
  END IF;
  FOR name IN SELECT t.parent FROM day_tables() AS t ORDER BY t.place LOOP
    EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', name);
  END LOOP;
  FOR name IN SELECT t.parent FROM day_tables() AS t ORDER BY t.place LOOP
    EXECUTE format('DROP TABLE IF EXISTS %I', format('%s_%s_%s', name, to_char(from_day, 'YYYYMMDD'), to_char(to_day, 'YYYYMMDD')));
  END LOOP;
  DELETE FROM event_directory AS d WHERE d.day >= drop_event_partition.from_day AND d.day < drop_event_partition.to_day;
END
$$;

-- After a day was sealed its rows are gone, but the indexes keep their size: makes them anew. An empty index takes no time;
-- the caller sets lock_timeout.
CREATE FUNCTION shrink_event_partition(from_day date, to_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
DECLARE
  name text;
BEGIN
  IF NOT EXISTS (SELECT FROM event_partition AS p WHERE p.from_day = shrink_event_partition.from_day AND p.to_day = shrink_event_partition.to_day) THEN
    RETURN;
  END IF;
  FOREACH name IN ARRAY ARRAY['api_event', 'event_mention'] LOOP
    EXECUTE format('REINDEX TABLE %I', format('%s_%s_%s', name, to_char(from_day, 'YYYYMMDD'), to_char(to_day, 'YYYYMMDD')));
  END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION shrink_event_partition(date, date) TO backtrail_maintenance;
