-- Does the server answer? Asked a few times a second by DbHealth.
SELECT 1 AS answer
