// Which parts of a day are merged: a pure decision. Thread-safe.
//
// A day is merged when it is old as the sealer sees it, and no part came to it for kMergeQuietUs: whoever imports old
// days writes several parts of each, file after file, and takes the day alone for it, as merging does. So each day is
// merged about once after what made its parts, and at most once an hour where somebody goes on adding to it.
//
// Parts are merged whole, never cut: a part that is full stays as it is and costs nothing, and afterwards no two parts
// of an account, day and class fit together, so that merging comes to an end.
#pragma once
#include <cstdint>
#include <vector>

#include "schema/parts/part_store.hpp"

namespace backtrail::ingest::seal {

// Nothing came for so long: the sealer's kQuietUs, for the same reason.
inline constexpr std::int64_t kMergeQuietUs = 3600LL * 1'000'000;

// What one part may hold.
struct MergeLimits {
  std::size_t events = schema::kPartEventsMax;
  std::size_t raw_bytes = schema::kPartRawBytesMax;
};

// Of the parts of one day, in any order: sets of two or more that become one part each, of one account and class. The
// bytes of records are seen only when a part is read.
std::vector<std::vector<schema::PartHead>> plan_merges(const std::vector<schema::PartHead>& parts,
                                                       std::size_t events_max);

}  // namespace backtrail::ingest::seal
