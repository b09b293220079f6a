-- What retention remembers, and what tells whether the clock is right: the day believed in last, doubts, the database's clock,
-- and whether anything is stored that happened in [$1, $2]. An event that lay ahead when it came (flag 1) is no witness: it was
-- waiting for its time.
-- $1 time, $2 time
-- Row: trusted_day, suspected_at, archives, database_at, witnessed. Indexes: api_event_time in the pruned partitions, finding_last_seen, notice_time.
SELECT s.trusted_day, s.suspected_at, s.archives, clock_timestamp() AS database_at,
  EXISTS (SELECT FROM api_event AS e
          WHERE e.event_day >= ($1::timestamptz AT TIME ZONE 'UTC')::date AND e.event_day <= ($2::timestamptz AT TIME ZONE 'UTC')::date
            AND e.event_time >= $1::timestamptz AND e.event_time <= $2::timestamptz AND e.flags & 1 = 0)
  OR EXISTS (SELECT FROM finding AS f WHERE f.last_seen_at >= $1::timestamptz AND f.last_seen_at <= $2::timestamptz)
  OR EXISTS (SELECT FROM notice AS n WHERE n.notice_time >= $1::timestamptz AND n.notice_time <= $2::timestamptz) AS witnessed
FROM retention_state AS s
