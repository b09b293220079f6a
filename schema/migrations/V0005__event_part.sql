-- Sealed days. The tables exist from the first day so that writers can probe them; the sealer fills them.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

CREATE TABLE event_part (
  day date NOT NULL,
  account_id text NOT NULL,
  part_id uuid NOT NULL,
  n integer NOT NULL,
  format smallint NOT NULL,
  dictionary_id integer NOT NULL,
  digest bytea NOT NULL,
  PRIMARY KEY (day, account_id, part_id)
);
ALTER TABLE event_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_part FORCE ROW LEVEL SECURITY;
CREATE POLICY event_part_read ON event_part FOR SELECT TO backtrail_api
  USING (current_setting('app.accounts', true) = '*' OR account_id = ANY (string_to_array(current_setting('app.accounts', true), ',')));
CREATE POLICY event_part_ingest ON event_part FOR SELECT TO backtrail_ingest USING (true);
CREATE POLICY event_part_maintain ON event_part FOR ALL TO backtrail_maintenance USING (true) WITH CHECK (true);
GRANT SELECT ON event_part TO backtrail_api, backtrail_ingest;
GRANT SELECT, INSERT, DELETE ON event_part TO backtrail_maintenance;
