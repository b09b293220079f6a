-- Archives: where removed rows went, and that they must go there.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

ALTER TABLE removal
  ADD COLUMN archive text NOT NULL DEFAULT '',  -- folder of the set; '' when nothing was archived
  ADD COLUMN manifest_sha256 bytea;
-- Once a run archived, a run without an archive must be asked for: it would destroy what people rely on being kept.
ALTER TABLE retention_state ADD COLUMN archives boolean NOT NULL DEFAULT false;
