-- Was this content imported from this place to the end?
-- $1 location, $2 sha256. Row: 1. Index: primary key.
SELECT 1 FROM import_object WHERE location = $1::text AND sha256 = $2::bytea
