// Joins listings of several sources into one: newest first, each event once. Pure; thread-safe.
#pragma once
#include <cstddef>
#include <vector>

#include "query/event_reader/event_source.hpp"
#include "query/event_reader/rows.hpp"

namespace backtrail::query {

// Each listing is ordered by position, newest first, and holds at least the first `limit` of its source (fewer only
// when the source has no more). The result is the first `limit` of their union.
std::vector<StoredEvent> merge_newest(std::vector<std::vector<StoredEvent>> listings, std::size_t limit);

// Adds up the volumes of disjoint sources; buckets that none has are left out.
std::vector<VolumeBucket> merge_volumes(const std::vector<VolumeBucket>& a, const std::vector<VolumeBucket>& b);

// Adds up the groups of disjoint sources, each with all of its values; the first `values_max` of each list remain, the
// most frequent first, in the order of event_groups.sql.
RowGroups merge_groups(RowGroups a, RowGroups b, std::size_t values_max);

}  // namespace backtrail::query
