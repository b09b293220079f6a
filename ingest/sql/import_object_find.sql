-- What was imported from these places to the end, or ignored?
-- $1 locations. Row: location, sha256. Index: primary key.
SELECT location, sha256 FROM import_object WHERE location = ANY ($1::text[])
