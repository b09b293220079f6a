-- How many alerts there are.
-- Row: total
SELECT count(*) AS total
FROM alert AS a
