-- Legal holds: what retention must not remove. A hold stays here after its release, with who, why and when.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

-- Holds days of one account, or of all ('' is no account): events of those days, findings that were seen in them, notices of
-- them, quarantined records received in them. finding_uid: made for this finding, which it keeps whatever days it moves to.
CREATE TABLE legal_hold (
  account_id text NOT NULL CHECK (account_id ~ '^([0-9]{12})?$'),
  hold_id uuid NOT NULL,
  from_day date NOT NULL,
  to_day date NOT NULL,  -- the day behind the last
  finding_uid uuid,
  reason text NOT NULL CHECK (reason <> ''),
  created_by text NOT NULL CHECK (created_by <> ''),
  created_at timestamptz NOT NULL,
  released_by text,
  released_at timestamptz,
  release_reason text,
  PRIMARY KEY (account_id, hold_id),
  CHECK (from_day < to_day),
  CHECK ((released_at IS NULL) = (released_by IS NULL) AND (released_at IS NULL) = (release_reason IS NULL)),
  CHECK (finding_uid IS NULL OR account_id <> '')
);
ALTER TABLE legal_hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE legal_hold FORCE ROW LEVEL SECURITY;
CREATE POLICY legal_hold_read ON legal_hold FOR SELECT TO backtrail_api
  USING (current_setting('app.accounts', true) = '*' OR account_id <> '' AND account_id = ANY (string_to_array(current_setting('app.accounts', true), ',')));
-- Ingest asks which days it may still store.
CREATE POLICY legal_hold_ingest ON legal_hold FOR SELECT TO backtrail_ingest USING (true);
CREATE POLICY legal_hold_maintain ON legal_hold FOR ALL TO backtrail_maintenance USING (true) WITH CHECK (true);
GRANT SELECT ON legal_hold TO backtrail_api, backtrail_ingest;
GRANT SELECT, INSERT, UPDATE (released_by, released_at, release_reason) ON legal_hold TO backtrail_maintenance;
