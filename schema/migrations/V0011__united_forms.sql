-- One thing told in several forms: what a poorer form must not take away, and events whose richer form came later.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

-- severity_exact: the newest number of a form that has numbers (OCSF only has labels); severity is that number as long as it
-- lies in the band of the newest label. hub_order: of the version that workflow and compliance status come from, which
-- native forms do not know. Both are folded like state_order.
ALTER TABLE finding
  ADD COLUMN severity_exact double precision,
  ADD COLUMN severity_exact_order bytea NOT NULL DEFAULT '',
  ADD COLUMN hub_order bytea NOT NULL DEFAULT '';
GRANT UPDATE (severity_exact, severity_exact_order, hub_order) ON finding TO backtrail_ingest;

-- Removes events that were told in OCSF (their content_fp is this constant, schema/model/api_event.hpp) once the CloudTrail
-- record that they were copied from is stored; nothing else can be removed with it. Rows: the events whose copy went.
-- Writers of OCSF events hold the day's lock alone, so that no copy is stored beside its record.
CREATE FUNCTION supersede_events(day date, accounts text[], ids uuid[]) RETURNS TABLE (account_id text, event_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
  WITH gone AS (
    DELETE FROM api_event AS poor USING unnest(accounts, ids) AS n(account_id, event_id)
    WHERE poor.event_day = day AND poor.account_id = n.account_id AND poor.event_id = n.event_id
      AND poor.content_fp = '00000000-0000-0000-0000-0000000000f1' AND poor.flags & 256 <> 0
      AND (current_setting('app.accounts', true) = '*'
           OR poor.account_id = ANY (string_to_array(current_setting('app.accounts', true), ',')))
      AND EXISTS (
        SELECT FROM api_event AS rich
        WHERE rich.event_day = day AND rich.account_id = n.account_id AND rich.event_id = n.event_id
          AND rich.flags & 256 = 0 AND rich.service = poor.service AND rich.api = poor.api
          AND date_trunc('second', rich.event_time) = date_trunc('second', poor.event_time))
    RETURNING poor.account_id, poor.event_id, poor.content_fp
  ), mentions AS (
    DELETE FROM event_mention AS m USING gone AS g
    WHERE m.event_day = day AND m.account_id = g.account_id AND m.event_id = g.event_id AND m.content_fp = g.content_fp
  )
  SELECT g.account_id, g.event_id FROM gone AS g
$$;
GRANT EXECUTE ON FUNCTION supersede_events(date, text[], uuid[]) TO backtrail_ingest;
