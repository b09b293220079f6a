-- Registers accounts, or renews what a file says about registered ones; fields that the file lacks stay as they are.
-- $1…$7 arrays: account id, name, organizational unit, owner, environment, email, status; $8…$13 whether the file has name,
-- organizational unit, owner, environment, email, status; $14 now
INSERT INTO account AS a (account_id, name, organizational_unit, owner, environment, email, status, registered_at)
SELECT n.account_id, n.name, n.organizational_unit, n.owner, n.environment, n.email, n.status, $14::timestamptz
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
  AS n (account_id, name, organizational_unit, owner, environment, email, status)
ON CONFLICT (account_id) DO UPDATE SET
  name = CASE WHEN $8::boolean THEN excluded.name ELSE a.name END,
  organizational_unit = CASE WHEN $9::boolean THEN excluded.organizational_unit ELSE a.organizational_unit END,
  owner = CASE WHEN $10::boolean THEN excluded.owner ELSE a.owner END,
  environment = CASE WHEN $11::boolean THEN excluded.environment ELSE a.environment END,
  email = CASE WHEN $12::boolean THEN excluded.email ELSE a.email END,
  status = CASE WHEN $13::boolean THEN excluded.status ELSE a.status END,
  registered_at = coalesce(a.registered_at, excluded.registered_at)
