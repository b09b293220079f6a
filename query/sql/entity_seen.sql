-- When one entity was first and last in an event, as caller or named by one.
-- $1 its kind, $2 its hash, $3 the first and $4 the last day that has rows
-- Row: first_at, last_at, last_by_at; null when never
-- Index: api_event_principal and so on, event_mention_pkey: the first and last entry of every day.
SELECT min(s.at) AS first_at, max(s.at) AS last_at, max(s.at) FILTER (WHERE s.by_it) AS last_by_at
FROM (
  (SELECT e.event_time AS at, true AS by_it FROM api_event AS e
   WHERE $1::smallint = 2 AND e.principal_hash = $2::bigint AND e.event_day BETWEEN $3::date AND $4::date ORDER BY e.event_time LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at, true AS by_it FROM api_event AS e
   WHERE $1::smallint = 2 AND e.principal_hash = $2::bigint AND e.event_day BETWEEN $3::date AND $4::date ORDER BY e.event_time DESC LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at, true AS by_it FROM api_event AS e
   WHERE $1::smallint = 3 AND e.session_hash = $2::bigint AND e.event_day BETWEEN $3::date AND $4::date ORDER BY e.event_time LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at, true AS by_it FROM api_event AS e
   WHERE $1::smallint = 3 AND e.session_hash = $2::bigint AND e.event_day BETWEEN $3::date AND $4::date ORDER BY e.event_time DESC LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at, true AS by_it FROM api_event AS e
   WHERE $1::smallint = 4 AND e.access_key_hash = $2::bigint AND e.event_day BETWEEN $3::date AND $4::date ORDER BY e.event_time LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at, true AS by_it FROM api_event AS e
   WHERE $1::smallint = 4 AND e.access_key_hash = $2::bigint AND e.event_day BETWEEN $3::date AND $4::date ORDER BY e.event_time DESC LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at, true AS by_it FROM api_event AS e
   WHERE $1::smallint = 5 AND e.instance_hash = $2::bigint AND e.event_day BETWEEN $3::date AND $4::date ORDER BY e.event_time LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at, true AS by_it FROM api_event AS e
   WHERE $1::smallint = 5 AND e.instance_hash = $2::bigint AND e.event_day BETWEEN $3::date AND $4::date ORDER BY e.event_time DESC LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at, true AS by_it FROM api_event AS e
   WHERE $1::smallint = 6 AND e.ip_address_hash = $2::bigint AND e.event_day BETWEEN $3::date AND $4::date ORDER BY e.event_time LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at, true AS by_it FROM api_event AS e
   WHERE $1::smallint = 6 AND e.ip_address_hash = $2::bigint AND e.event_day BETWEEN $3::date AND $4::date ORDER BY e.event_time DESC LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at, true AS by_it FROM api_event AS e
   WHERE $1::smallint = 7 AND e.user_agent_hash = $2::bigint AND e.event_day BETWEEN $3::date AND $4::date ORDER BY e.event_time LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at, true AS by_it FROM api_event AS e
   WHERE $1::smallint = 7 AND e.user_agent_hash = $2::bigint AND e.event_day BETWEEN $3::date AND $4::date ORDER BY e.event_time DESC LIMIT 1)
  UNION ALL
  (SELECT m.event_time AS at, false AS by_it FROM event_mention AS m
   WHERE m.entity_hash = $2::bigint AND m.event_day BETWEEN $3::date AND $4::date ORDER BY m.event_time LIMIT 1)
  UNION ALL
  (SELECT m.event_time AS at, false AS by_it FROM event_mention AS m
   WHERE m.entity_hash = $2::bigint AND m.event_day BETWEEN $3::date AND $4::date ORDER BY m.event_time DESC LIMIT 1)) AS s
