-- Which of these ids of GuardDuty findings are stored, and where they belong.
-- $1 finding ids
-- Row: KnownId (ingest/reconcile/reconcile.cpp). Index: none; findings are read once.
SELECT f.provider_id, f.account_id, f.region, f.detector_id, f.archived
FROM finding AS f
WHERE f.product = 'GuardDuty' AND f.provider_id = ANY ($1::text[])
