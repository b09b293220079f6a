// What a mapper knows besides the record: when it came and the warehouse's hash key. Mappers are pure functions of the
// two, so that a replayed record maps to the same row. Values only: thread-safe; the key outlives the call.
#pragma once
#include <cstdint>

#include "schema/core/hash.hpp"

namespace backtrail::ingest {

struct MapContext {
  std::int64_t received_us = 0;
  const schema::HashKey* hash_key = nullptr;
};

}  // namespace backtrail::ingest
