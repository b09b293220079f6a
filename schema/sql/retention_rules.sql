-- How many days is each kind kept? Null: for ever.
SELECT kind, days FROM retention_rule
