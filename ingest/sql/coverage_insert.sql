-- What a batch stored, per account, Region, source and day.
-- $1…$10 one array per column, in the order of the table; $10 holds array literals
INSERT INTO coverage_delta (account_id, region, source, day, records, hours, first_at, last_at, last_received_at, lags)
SELECT n.account_id, n.region, n.source, n.day, n.records, n.hours, n.first_at, n.last_at, n.last_received_at, n.lags::integer[]
FROM unnest($1::text[], $2::text[], $3::smallint[], $4::date[], $5::bigint[], $6::integer[], $7::timestamptz[],
  $8::timestamptz[], $9::timestamptz[], $10::text[])
  AS n (account_id, region, source, day, records, hours, first_at, last_at, last_received_at, lags)
