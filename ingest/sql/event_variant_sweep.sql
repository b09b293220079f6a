-- Raises the alert for every event id of a day that exists with more than one content: writers that raced may each have
-- seen only their own.
-- $1 day, $2 time
INSERT INTO alert (account_id, kind, subject, detail, raised_at)
SELECT account_id, 'event_variant', to_char(event_day, 'YYYY-MM-DD') || '/' || event_id::text,
       'the same event id arrived with different content', $2::timestamptz
FROM api_event
WHERE event_day = $1::date
GROUP BY event_day, account_id, event_id
HAVING count(*) > 1
ORDER BY account_id, event_id  -- two sweeps at once wait for each other instead of deadlocking
ON CONFLICT DO NOTHING
