// What every question needs: the warehouse's connections as the api role and the key of its entity hashes. Thread-safe.
#pragma once
#include "schema/core/hash.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::query {

struct Warehouse {
  schema::Database& database;
  schema::HashKey hash_key;
};

}  // namespace backtrail::query
