-- Some events of a day, by their keys and in that order.
-- $1 day, $2 account ids, $3 event ids, $4 fingerprints (arrays of one length)
-- Row: by position, see read_event in ingest/seal/row_reader.cpp. Index: api_event_pkey of the day; OFFSET 0 keeps the look-ups.
SELECT e.event_time, e.received_at, e.principal_hash, e.session_hash, e.access_key_hash, e.instance_hash,
       e.ip_address_hash, e.user_agent_hash, e.flags, e.event_id, e.content_fp, e.event_class, e.outcome, e.read_only,
       e.region, e.service, e.api, e.error_code, e.raw
FROM unnest($2::text[], $3::uuid[], $4::uuid[]) WITH ORDINALITY AS k(account_id, event_id, content_fp, ordinal)
CROSS JOIN LATERAL (
  SELECT e.*
  FROM api_event AS e
  WHERE e.event_day = $1::date AND e.account_id = k.account_id AND e.event_id = k.event_id AND e.content_fp = k.content_fp
  OFFSET 0) AS e
ORDER BY k.ordinal
