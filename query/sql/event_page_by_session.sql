-- The newest events made by one role session, before a position.
-- $1…$20 the common parameters of event questions: see query/event_reader/row_question.hpp
-- $21 its hash, $22 how many
-- Row: StoredRow of query/event_reader/rows.cpp
-- Index: api_event_session of every day in the range, merged in order, so that only as many rows as asked for are read.
SELECT e.event_time, e.event_id, e.content_fp, e.account_id, e.received_at, e.flags, e.event_class, e.outcome,
       e.read_only, e.region, e.service, e.api, e.error_code, e.raw
FROM api_event AS e
WHERE e.session_hash = $21::bigint
  AND e.event_day BETWEEN $1::date AND $2::date
  AND e.event_time >= $3::timestamptz
  AND (e.event_time, e.event_id, e.content_fp) < ($4::timestamptz, $5::uuid, $6::uuid)
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
ORDER BY e.event_time DESC, e.event_id DESC, e.content_fp DESC
LIMIT $22::bigint
