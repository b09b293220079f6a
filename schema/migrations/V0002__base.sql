-- What everything else stands on: the hash key, the account registry, API keys, retention rules, alerts.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

-- One row, written by the first migration run: the secret key of entity hashes and content fingerprints.
CREATE TABLE warehouse_key (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  hash_key bytea NOT NULL CHECK (octet_length(hash_key) = 16)
);
INSERT INTO warehouse_key (hash_key)
SELECT decode(replace(gen_random_uuid()::text, '-', ''), 'hex');
GRANT SELECT ON warehouse_key TO backtrail_ingest, backtrail_api, backtrail_maintenance;

-- Accounts that are registered, and accounts that were only seen in what arrived (registered_at is null).
CREATE TABLE account (
  account_id text PRIMARY KEY CHECK (account_id ~ '^[0-9]{12}$'),
  name text,
  organizational_unit text,
  owner text,
  environment text,
  email text,
  status text,
  registered_at timestamptz,
  first_received_at timestamptz
);
ALTER TABLE account ENABLE ROW LEVEL SECURITY;
ALTER TABLE account FORCE ROW LEVEL SECURITY;
CREATE POLICY account_read ON account FOR SELECT TO backtrail_api
  USING (current_setting('app.accounts', true) = '*' OR account_id = ANY (string_to_array(current_setting('app.accounts', true), ',')));
CREATE POLICY account_ingest ON account FOR ALL TO backtrail_ingest USING (true) WITH CHECK (registered_at IS NULL);
CREATE POLICY account_maintain ON account FOR ALL TO backtrail_maintenance USING (true) WITH CHECK (true);
GRANT SELECT ON account TO backtrail_api;
GRANT SELECT, INSERT ON account TO backtrail_ingest;
GRANT SELECT, INSERT, UPDATE, DELETE ON account TO backtrail_maintenance;

-- Keys of people, programs and senders. Only the SHA-256 of the secret is stored.
CREATE TABLE api_key (
  key_id text PRIMARY KEY,
  secret_sha256 bytea NOT NULL CHECK (octet_length(secret_sha256) = 32),
  name text NOT NULL,
  role text NOT NULL CHECK (role IN ('administrator', 'analyst', 'ingest')),
  accounts text[] NOT NULL CHECK (cardinality(accounts) > 0),  -- '{*}' means all
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz
);
GRANT SELECT, INSERT, UPDATE ON api_key TO backtrail_maintenance;

-- The only way for the api role to a key: by its id, and only while it is valid.
CREATE FUNCTION find_api_key(wanted_key_id text, at timestamptz)
RETURNS TABLE (key_id text, secret_sha256 bytea, name text, role text, accounts text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = backtrail, pg_temp AS $$
  SELECT k.key_id, k.secret_sha256, k.name, k.role, k.accounts
  FROM api_key AS k
  WHERE k.key_id = wanted_key_id AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > at)
$$;
GRANT EXECUTE ON FUNCTION find_api_key(text, timestamptz) TO backtrail_api;

-- Days to keep per kind; null means for ever.
CREATE TABLE retention_rule (
  kind text PRIMARY KEY CHECK (kind IN ('finding', 'event_management', 'event_data', 'event_insight',
                                        'event_network_activity', 'quarantine', 'delivery')),
  days integer CHECK (days BETWEEN 1 AND 36500)
);
INSERT INTO retention_rule (kind, days) VALUES
  ('finding', 90), ('event_management', 90), ('event_data', 90), ('event_insight', 90),
  ('event_network_activity', 90), ('quarantine', 90), ('delivery', 90);
GRANT SELECT ON retention_rule TO backtrail_ingest, backtrail_api;
GRANT SELECT, UPDATE ON retention_rule TO backtrail_maintenance;

-- Things that a person must hear of: a variant of an event, a record for an account that the key may not write.
CREATE TABLE alert (
  account_id text NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,  -- what it is about: an event key, a key id
  detail text NOT NULL,
  raised_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, kind, subject)
);
ALTER TABLE alert ENABLE ROW LEVEL SECURITY;
ALTER TABLE alert FORCE ROW LEVEL SECURITY;
CREATE POLICY alert_read ON alert FOR SELECT TO backtrail_api
  USING (current_setting('app.accounts', true) = '*' OR account_id = ANY (string_to_array(current_setting('app.accounts', true), ',')));
CREATE POLICY alert_ingest ON alert FOR ALL TO backtrail_ingest USING (true) WITH CHECK (true);
CREATE POLICY alert_maintain ON alert FOR ALL TO backtrail_maintenance USING (true) WITH CHECK (true);
GRANT SELECT ON alert TO backtrail_api;
GRANT SELECT, INSERT ON alert TO backtrail_ingest;
GRANT SELECT, INSERT, DELETE ON alert TO backtrail_maintenance;
