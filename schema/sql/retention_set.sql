-- Sets the days of one kind, or of all.
-- $1 kind or 'all', $2 days (null: for ever)
UPDATE retention_rule SET days = $2::integer WHERE kind = $1::text OR $1::text = 'all' RETURNING kind
