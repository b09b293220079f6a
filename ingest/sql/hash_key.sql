-- The warehouse's key of entity hashes and fingerprints.
SELECT hash_key FROM warehouse_key
