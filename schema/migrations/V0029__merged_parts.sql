-- What merging of parts needs of the database. Directories of a day become one: who looks for days with several of them, or
-- for the next number, reads the two ends of an index and not every row of the day.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

DROP INDEX event_directory_day;
CREATE INDEX event_directory_day ON event_directory (day, run_no);

-- As before, but days that have parts are taken alone, as sealing, merging and importing of parts take them (the caller sets
-- lock_timeout). Without that, a part that somebody commits between the deletion of pieces and that of heads would leave its
-- pieces behind.
CREATE OR REPLACE FUNCTION drop_event_partition(from_day date, to_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
DECLARE
  name text;
BEGIN
  IF NOT EXISTS (SELECT FROM event_partition AS p WHERE p.from_day = drop_event_partition.from_day AND p.to_day = drop_event_partition.to_day) THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(4, d.day - date '1970-01-01')
  FROM (SELECT DISTINCT p.day FROM event_part AS p
        WHERE p.day >= drop_event_partition.from_day AND p.day < drop_event_partition.to_day ORDER BY p.day) AS d;
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
