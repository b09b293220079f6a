#include "query/event_reader/merge.hpp"

#include <algorithm>
#include <iterator>

namespace backtrail::query {

std::vector<StoredEvent> merge_newest(std::vector<std::vector<StoredEvent>> listings, std::size_t limit) {
  std::vector<StoredEvent> merged;
  const auto newer = [](const StoredEvent& a, const StoredEvent& b) { return a.position > b.position; };
  const auto same = [](const StoredEvent& a, const StoredEvent& b) { return a.position == b.position; };
  for (auto& listing : listings) {
    std::vector<StoredEvent> both;
    both.reserve(merged.size() + listing.size());
    std::merge(std::make_move_iterator(merged.begin()), std::make_move_iterator(merged.end()),
               std::make_move_iterator(listing.begin()), std::make_move_iterator(listing.end()),
               std::back_inserter(both), newer);
    both.erase(std::unique(both.begin(), both.end(), same), both.end());
    if (both.size() > limit) both.resize(limit);
    merged = std::move(both);
  }
  return merged;
}

}  // namespace backtrail::query
