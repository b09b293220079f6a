-- Entities whose name or key holds a text, whatever its case: exact matches first, then those that begin with it.
-- $1 the text, $2 kinds or null, $3 how many
-- Row: kind, entity_key, name, account_id (where it was seen, when that is one account), accounts
-- Index: none; names are searched inside, which no index serves under row-level security. The table has one row for each
-- account and entity.
WITH wanted AS (
  SELECT lower($1::text) AS text
), found AS (
  SELECT e.kind, e.entity_key, max(e.name) AS name, min(e.account_id) AS account_id, count(*) AS accounts,
         bool_or(lower(e.name) = w.text OR lower(e.entity_key) = w.text) AS exact,
         bool_or(starts_with(lower(e.name), w.text) OR starts_with(lower(e.entity_key), w.text)) AS begins
  FROM entity AS e
  CROSS JOIN wanted AS w
  WHERE ($2::smallint[] IS NULL OR e.kind = ANY ($2::smallint[]))
    AND (strpos(lower(e.name), w.text) > 0 OR strpos(lower(e.entity_key), w.text) > 0)
  GROUP BY e.kind, e.entity_key
)
SELECT f.kind, f.entity_key, f.name, CASE WHEN f.accounts = 1 THEN f.account_id END AS account_id
FROM found AS f
ORDER BY f.exact DESC, f.begins DESC, f.kind, length(f.entity_key), f.entity_key
LIMIT $3::bigint
