-- One event for each hash of a facet, so that the text behind the hash can be read from its record.
-- $1 first day, $2 last day, $3 facets as in event_groups (4 IP address, 5 access key, 6 user agent, 7 session, 8 principal),
-- $4 hashes, $5 a time at which each has an event (arrays of one length)
-- Row: facet, hash, raw
-- Index: api_event_ip_address and so on, one look-up in one day for each hash.
SELECT w.facet, w.hash, h.raw
FROM unnest($3::integer[], $4::bigint[], $5::timestamptz[]) AS w(facet, hash, at)
CROSS JOIN LATERAL (
  (SELECT e.raw FROM api_event AS e
   WHERE w.facet = 4 AND e.ip_address_hash = w.hash AND e.event_time = w.at
     AND e.event_day = (w.at AT TIME ZONE 'UTC')::date AND e.event_day BETWEEN $1::date AND $2::date LIMIT 1)
  UNION ALL
  (SELECT e.raw FROM api_event AS e
   WHERE w.facet = 5 AND e.access_key_hash = w.hash AND e.event_time = w.at
     AND e.event_day = (w.at AT TIME ZONE 'UTC')::date AND e.event_day BETWEEN $1::date AND $2::date LIMIT 1)
  UNION ALL
  (SELECT e.raw FROM api_event AS e
   WHERE w.facet = 6 AND e.user_agent_hash = w.hash AND e.event_time = w.at
     AND e.event_day = (w.at AT TIME ZONE 'UTC')::date AND e.event_day BETWEEN $1::date AND $2::date LIMIT 1)
  UNION ALL
  (SELECT e.raw FROM api_event AS e
   WHERE w.facet = 7 AND e.session_hash = w.hash AND e.event_time = w.at
     AND e.event_day = (w.at AT TIME ZONE 'UTC')::date AND e.event_day BETWEEN $1::date AND $2::date LIMIT 1)
  UNION ALL
  (SELECT e.raw FROM api_event AS e
   WHERE w.facet = 8 AND e.principal_hash = w.hash AND e.event_time = w.at
     AND e.event_day = (w.at AT TIME ZONE 'UTC')::date AND e.event_day BETWEEN $1::date AND $2::date LIMIT 1)) AS h
