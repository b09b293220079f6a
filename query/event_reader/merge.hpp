// Joins listings of several sources into one: newest first, each event once. Pure; thread-safe.
#pragma once
#include <cstddef>
#include <vector>

#include "query/event_reader/event_source.hpp"

namespace backtrail::query {

// Each listing is ordered by position, newest first, and holds at least the first `limit` of its source (fewer only
// when the source has no more). The result is the first `limit` of their union.
std::vector<StoredEvent> merge_newest(std::vector<std::vector<StoredEvent>> listings, std::size_t limit);

}  // namespace backtrail::query
