-- How many events name one entity in what they did?
-- $1…$20 the common parameters of event questions: see query/event_reader/row_question.hpp
-- $21 its hash, $22 leave out those that it also made
-- Row: n
-- Index: event_mention_pkey, api_event_pkey for each; OFFSET 0 as in event_page_on.
SELECT count(*) AS n
FROM event_mention AS m
CROSS JOIN LATERAL (
  SELECT e.*
  FROM api_event AS e
  WHERE e.event_day = m.event_day AND e.account_id = m.account_id AND e.event_id = m.event_id
    AND e.content_fp = m.content_fp AND e.event_day BETWEEN $1::date AND $2::date
  OFFSET 0) AS e
WHERE m.entity_hash = $21::bigint
  AND m.event_day BETWEEN $1::date AND $2::date
  AND m.event_time >= $3::timestamptz
  AND (m.event_time, m.event_id, m.content_fp) < ($4::timestamptz, $5::uuid, $6::uuid)
  AND CASE WHEN $7::boolean THEN
        ($8::text[] IS NULL OR e.account_id = ANY ($8::text[]))
    AND ($9::text[] IS NULL OR e.account_id <> ALL ($9::text[]))
    AND ($10::text[] IS NULL OR e.region = ANY ($10::text[]))
    AND ($11::text[] IS NULL OR e.region <> ALL ($11::text[]))
    AND ($12::text[] IS NULL OR e.service LIKE ANY ($12::text[]))
    AND ($13::text[] IS NULL OR e.service NOT LIKE ALL ($13::text[]))
    AND ($14::text[] IS NULL OR e.api LIKE ANY ($14::text[]))
    AND ($15::text[] IS NULL OR e.api NOT LIKE ALL ($15::text[]))
    AND ($16::smallint[] IS NULL OR e.outcome = ANY ($16::smallint[]))
    AND ($17::smallint[] IS NULL OR e.event_class = ANY ($17::smallint[]))
    AND ($18::boolean IS NULL OR e.read_only = $18::boolean)
    AND ($19::text[] IS NULL OR e.error_code = ANY ($19::text[]))
    AND ($20::text[] IS NULL OR (e.error_code = ANY ($20::text[])) IS NOT TRUE)
      ELSE true END
  AND NOT ($22::boolean AND COALESCE($21::bigint IN (e.principal_hash, e.session_hash, e.access_key_hash, e.instance_hash,
                                                     e.ip_address_hash, e.user_agent_hash), false))
