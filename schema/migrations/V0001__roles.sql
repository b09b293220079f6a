-- The four roles and the schema. Roles belong to the whole server, so they may exist already.
--   backtrail_owner        owns everything, never logs in; BYPASSRLS so that distributed set-ups can move shards
--   backtrail_ingest       inserts evidence; no update or delete of it, except the current state of a finding
--   backtrail_api          reads through row-level security
--   backtrail_maintenance  partitions, retention, keys, the account registry
-- Planner settings sit on the roles, not in the program: they are right here and may differ on another server.
DO $$
DECLARE
  role_name text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'backtrail_owner') THEN
    CREATE ROLE backtrail_owner NOLOGIN BYPASSRLS;
  END IF;
  FOREACH role_name IN ARRAY ARRAY['backtrail_ingest', 'backtrail_api', 'backtrail_maintenance'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOBYPASSRLS NOCREATEDB NOCREATEROLE', role_name);
      EXECUTE format('ALTER ROLE %I SET search_path = backtrail, pg_temp', role_name);
      EXECUTE format('ALTER ROLE %I SET timezone = ''UTC''', role_name);
      EXECUTE format('ALTER ROLE %I SET jit = off', role_name);
      EXECUTE format('ALTER ROLE %I SET plan_cache_mode = force_generic_plan', role_name);
      EXECUTE format('ALTER ROLE %I SET synchronous_commit = on', role_name);
    END IF;
  END LOOP;
END
$$;

ALTER ROLE backtrail_api SET statement_timeout = '10s';
ALTER ROLE backtrail_api SET default_transaction_read_only = on;
ALTER ROLE backtrail_ingest SET lock_timeout = '10s';

REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS backtrail AUTHORIZATION backtrail_owner;
GRANT USAGE ON SCHEMA backtrail TO backtrail_ingest, backtrail_api, backtrail_maintenance;

-- Functions are callable by nobody unless granted.
ALTER DEFAULT PRIVILEGES FOR ROLE backtrail_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
