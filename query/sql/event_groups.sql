-- How many events, in all and by what they have in common?
-- $1…$20 the common parameters of event questions: see query/event_reader/row_question.hpp
-- $21…$39 the combined parameters, see there too
-- $40 how many values of each facet, the most frequent first
-- Row: facet (0 all, 1 service and API, 2 account, 3 Region, 4 IP address, 5 access key, 6 user agent, 7 session, 8 principal),
--   value, second (the API), hash, ok, denied, failed, first_at, last_at
-- Index: of the entities that drive the question (api_event_principal … api_event_user_agent, event_mention_pkey), one look-up for
-- each hash; api_event_time when none does. An array that is null costs nothing; OFFSET 0 keeps each look-up on its index.
WITH hit AS (
  SELECT h.*
  FROM unnest($21::bigint[]) AS wanted(hash)
  CROSS JOIN LATERAL (
    SELECT e.*
    FROM api_event AS e
    WHERE e.principal_hash = wanted.hash
      AND e.event_day BETWEEN $1::date AND $2::date
      AND e.event_time >= $3::timestamptz
      AND (e.event_time, e.event_id, e.content_fp) < ($4::timestamptz, $5::uuid, $6::uuid)
    OFFSET 0) AS h
  UNION ALL
  SELECT h.*
  FROM unnest($22::bigint[]) AS wanted(hash)
  CROSS JOIN LATERAL (
    SELECT e.*
    FROM api_event AS e
    WHERE e.session_hash = wanted.hash
      AND e.event_day BETWEEN $1::date AND $2::date
      AND e.event_time >= $3::timestamptz
      AND (e.event_time, e.event_id, e.content_fp) < ($4::timestamptz, $5::uuid, $6::uuid)
    OFFSET 0) AS h
  WHERE (h.principal_hash = ANY ($21::bigint[])) IS NOT TRUE
  UNION ALL
  SELECT h.*
  FROM unnest($23::bigint[]) AS wanted(hash)
  CROSS JOIN LATERAL (
    SELECT e.*
    FROM api_event AS e
    WHERE e.access_key_hash = wanted.hash
      AND e.event_day BETWEEN $1::date AND $2::date
      AND e.event_time >= $3::timestamptz
      AND (e.event_time, e.event_id, e.content_fp) < ($4::timestamptz, $5::uuid, $6::uuid)
    OFFSET 0) AS h
  WHERE (h.principal_hash = ANY ($21::bigint[])) IS NOT TRUE
    AND (h.session_hash = ANY ($22::bigint[])) IS NOT TRUE
  UNION ALL
  SELECT h.*
  FROM unnest($24::bigint[]) AS wanted(hash)
  CROSS JOIN LATERAL (
    SELECT e.*
    FROM api_event AS e
    WHERE e.instance_hash = wanted.hash
      AND e.event_day BETWEEN $1::date AND $2::date
      AND e.event_time >= $3::timestamptz
      AND (e.event_time, e.event_id, e.content_fp) < ($4::timestamptz, $5::uuid, $6::uuid)
    OFFSET 0) AS h
  WHERE (h.principal_hash = ANY ($21::bigint[])) IS NOT TRUE
    AND (h.session_hash = ANY ($22::bigint[])) IS NOT TRUE
    AND (h.access_key_hash = ANY ($23::bigint[])) IS NOT TRUE
  UNION ALL
  SELECT h.*
  FROM unnest($25::bigint[]) AS wanted(hash)
  CROSS JOIN LATERAL (
    SELECT e.*
    FROM api_event AS e
    WHERE e.ip_address_hash = wanted.hash
      AND e.event_day BETWEEN $1::date AND $2::date
      AND e.event_time >= $3::timestamptz
      AND (e.event_time, e.event_id, e.content_fp) < ($4::timestamptz, $5::uuid, $6::uuid)
    OFFSET 0) AS h
  WHERE (h.principal_hash = ANY ($21::bigint[])) IS NOT TRUE
    AND (h.session_hash = ANY ($22::bigint[])) IS NOT TRUE
    AND (h.access_key_hash = ANY ($23::bigint[])) IS NOT TRUE
    AND (h.instance_hash = ANY ($24::bigint[])) IS NOT TRUE
  UNION ALL
  SELECT h.*
  FROM unnest($26::bigint[]) AS wanted(hash)
  CROSS JOIN LATERAL (
    SELECT e.*
    FROM api_event AS e
    WHERE e.user_agent_hash = wanted.hash
      AND e.event_day BETWEEN $1::date AND $2::date
      AND e.event_time >= $3::timestamptz
      AND (e.event_time, e.event_id, e.content_fp) < ($4::timestamptz, $5::uuid, $6::uuid)
    OFFSET 0) AS h
  WHERE (h.principal_hash = ANY ($21::bigint[])) IS NOT TRUE
    AND (h.session_hash = ANY ($22::bigint[])) IS NOT TRUE
    AND (h.access_key_hash = ANY ($23::bigint[])) IS NOT TRUE
    AND (h.instance_hash = ANY ($24::bigint[])) IS NOT TRUE
    AND (h.ip_address_hash = ANY ($25::bigint[])) IS NOT TRUE
  UNION ALL
  SELECT h.*
  FROM (
    SELECT DISTINCT m.event_day, m.account_id, m.event_id, m.content_fp
    FROM unnest($27::bigint[]) AS wanted(hash)
    CROSS JOIN LATERAL (
      SELECT m.*
      FROM event_mention AS m
      WHERE m.entity_hash = wanted.hash
        AND m.event_day BETWEEN $1::date AND $2::date
        AND m.event_time >= $3::timestamptz
        AND (m.event_time, m.event_id, m.content_fp) < ($4::timestamptz, $5::uuid, $6::uuid)
      OFFSET 0) AS m) AS m
  CROSS JOIN LATERAL (
    SELECT e.*
    FROM api_event AS e
    WHERE e.event_day = m.event_day AND e.account_id = m.account_id AND e.event_id = m.event_id
      AND e.content_fp = m.content_fp AND e.event_day BETWEEN $1::date AND $2::date
    OFFSET 0) AS h
  WHERE (h.principal_hash = ANY ($21::bigint[])) IS NOT TRUE
    AND (h.session_hash = ANY ($22::bigint[])) IS NOT TRUE
    AND (h.access_key_hash = ANY ($23::bigint[])) IS NOT TRUE
    AND (h.instance_hash = ANY ($24::bigint[])) IS NOT TRUE
    AND (h.ip_address_hash = ANY ($25::bigint[])) IS NOT TRUE
    AND (h.user_agent_hash = ANY ($26::bigint[])) IS NOT TRUE
  UNION ALL
  SELECT e.*
  FROM api_event AS e
  WHERE $28::boolean
    AND e.event_day BETWEEN $1::date AND $2::date
    AND e.event_time >= $3::timestamptz
    AND (e.event_time, e.event_id, e.content_fp) < ($4::timestamptz, $5::uuid, $6::uuid)
)
, counted AS (
  SELECT CASE
           WHEN GROUPING(e.api) = 0 THEN 1
           WHEN GROUPING(e.account_id) = 0 THEN 2
           WHEN GROUPING(e.region) = 0 THEN 3
           WHEN GROUPING(e.ip_address_hash) = 0 THEN 4
           WHEN GROUPING(e.access_key_hash) = 0 THEN 5
           WHEN GROUPING(e.user_agent_hash) = 0 THEN 6
           WHEN GROUPING(e.session_hash) = 0 THEN 7
           WHEN GROUPING(e.principal_hash) = 0 THEN 8
           ELSE 0
         END AS facet,
         COALESCE(e.service, e.account_id, e.region) AS value,
         e.api AS second,
         COALESCE(e.ip_address_hash, e.access_key_hash, e.user_agent_hash, e.session_hash, e.principal_hash) AS hash,
         count(*) FILTER (WHERE e.outcome = 1) AS ok,
         count(*) FILTER (WHERE e.outcome = 2) AS denied,
         count(*) FILTER (WHERE e.outcome NOT IN (1, 2)) AS failed,
         count(*) AS n,
         min(e.event_time) AS first_at,
         max(e.event_time) AS last_at
  FROM hit AS e
  WHERE true
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
    AND CASE WHEN $29::boolean THEN NOT EXISTS (
      SELECT
      FROM (VALUES (true, $30::bigint[], $31::bigint[]), (true, $32::bigint[], $33::bigint[]),
                   (true, $34::bigint[], $35::bigint[]), (true, $36::bigint[], $37::bigint[]),
                   (false, $38::bigint[], $39::bigint[])) AS c(wanted, by_hashes, on_hashes)
      WHERE (c.by_hashes IS NOT NULL OR c.on_hashes IS NOT NULL)
        AND c.wanted <> (
          COALESCE(e.principal_hash = ANY (c.by_hashes), false)
          OR COALESCE(e.session_hash = ANY (c.by_hashes), false)
          OR COALESCE(e.access_key_hash = ANY (c.by_hashes), false)
          OR COALESCE(e.instance_hash = ANY (c.by_hashes), false)
          OR COALESCE(e.ip_address_hash = ANY (c.by_hashes), false)
          OR COALESCE(e.user_agent_hash = ANY (c.by_hashes), false)
          OR (c.on_hashes IS NOT NULL AND EXISTS (
            SELECT
            FROM event_mention AS m
            WHERE m.entity_hash = ANY (c.on_hashes) AND m.event_time = e.event_time AND m.event_id = e.event_id
              AND m.content_fp = e.content_fp AND m.event_day = e.event_day AND m.account_id = e.account_id
              AND m.event_day BETWEEN $1::date AND $2::date))))
        ELSE true END
  GROUP BY GROUPING SETS ((), (e.service, e.api), (e.account_id), (e.region), (e.ip_address_hash), (e.access_key_hash),
                          (e.user_agent_hash), (e.session_hash), (e.principal_hash))
), ranked AS (
  SELECT c.*, row_number() OVER (PARTITION BY c.facet ORDER BY c.n DESC, c.value COLLATE "C", c.second COLLATE "C", c.hash) AS place
  FROM counted AS c
  WHERE c.facet <= 3 OR c.hash IS NOT NULL
)
SELECT r.facet, r.value, r.second, r.hash, r.ok, r.denied, r.failed, r.first_at, r.last_at
FROM ranked AS r
WHERE r.place <= $40::bigint
ORDER BY r.facet, r.place
