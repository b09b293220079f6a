-- When each of these entities was last in an event, as caller or named by one.
-- $1 kinds, $2 hashes (arrays of one length)
-- Row: ordinal (from 1), last_at; entities that were never seen are left out
-- Index: api_event_principal and so on, event_mention_pkey: the newest entry of every day.
SELECT w.ordinal, max(s.at) AS last_at
FROM unnest($1::smallint[], $2::bigint[]) WITH ORDINALITY AS w(kind, hash, ordinal)
CROSS JOIN LATERAL (
  (SELECT e.event_time AS at FROM api_event AS e
   WHERE w.kind = 2 AND e.principal_hash = w.hash ORDER BY e.event_time DESC LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at FROM api_event AS e
   WHERE w.kind = 3 AND e.session_hash = w.hash ORDER BY e.event_time DESC LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at FROM api_event AS e
   WHERE w.kind = 4 AND e.access_key_hash = w.hash ORDER BY e.event_time DESC LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at FROM api_event AS e
   WHERE w.kind = 5 AND e.instance_hash = w.hash ORDER BY e.event_time DESC LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at FROM api_event AS e
   WHERE w.kind = 6 AND e.ip_address_hash = w.hash ORDER BY e.event_time DESC LIMIT 1)
  UNION ALL
  (SELECT e.event_time AS at FROM api_event AS e
   WHERE w.kind = 7 AND e.user_agent_hash = w.hash ORDER BY e.event_time DESC LIMIT 1)
  UNION ALL
  (SELECT m.event_time AS at FROM event_mention AS m
   WHERE m.entity_hash = w.hash ORDER BY m.event_time DESC LIMIT 1)) AS s
GROUP BY w.ordinal
