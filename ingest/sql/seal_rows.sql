-- Opens the cursor sealed_rows: the events of some accounts on a day, in the order in which they are sealed, each with what it names.
-- $1 day, $2 account ids, $3 the fingerprint of copies
-- Row: one bytea, a record in PostgreSQL's binary form, whose fields read_event in ingest/seal/row_reader.cpp takes by position. Index: none; the
-- day is read once and sorted, which is a third of the work of finding each event by its key.
DECLARE sealed_rows NO SCROLL CURSOR FOR
SELECT record_send(ROW(e.account_id, e.event_time, e.received_at, e.principal_hash, e.session_hash, e.access_key_hash,
                       e.instance_hash, e.ip_address_hash, e.user_agent_hash, e.flags, e.event_id, e.content_fp,
                       e.event_class, e.outcome, e.read_only, e.region, e.service, e.api, e.error_code, e.raw,
                       n.hashes)) AS event
FROM api_event AS e
LEFT JOIN (
  SELECT m.account_id, m.event_id, m.content_fp, string_agg(int8send(m.entity_hash), ''::bytea) AS hashes
  FROM event_mention AS m
  WHERE m.event_day = $1::date AND m.account_id = ANY ($2::text[]) AND m.content_fp <> $3::uuid
  GROUP BY m.account_id, m.event_id, m.content_fp) AS n
  ON n.account_id = e.account_id AND n.event_id = e.event_id AND n.content_fp = e.content_fp
WHERE e.event_day = $1::date AND e.account_id = ANY ($2::text[]) AND e.content_fp <> $3::uuid
ORDER BY e.account_id, e.event_class, COALESCE(e.principal_hash, 0), e.event_time, e.event_id, e.content_fp
