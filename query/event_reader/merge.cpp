#include "query/event_reader/merge.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

namespace backtrail::query {
namespace {

void add(const OutcomeCounts& more, OutcomeCounts& counts) {
  counts.ok += more.ok;
  counts.denied += more.denied;
  counts.failed += more.failed;
}

template <class T>
void widen(const T& more, T& row) {
  add(more.counts, row.counts);
  row.first_us = std::min(row.first_us, more.first_us);
  row.last_us = std::max(row.last_us, more.last_us);
}
void widen(const ApiCount& more, ApiCount& row) {
  add(more.counts, row.counts);
}

auto name_of(const ApiCount& row) {
  return std::tuple(row.service, row.api);
}
auto name_of(const ValueCount& row) {
  return std::tuple(row.value);
}
auto name_of(const HashCount& row) {
  return std::tuple(row.facet, row.hash);
}

// One row for each name, the most frequent first.
template <class T>
std::vector<T> united(std::vector<T> rows, std::vector<T> more) {
  std::map<decltype(name_of(std::declval<T>())), T> by_name;
  for (auto* list : {&rows, &more})
    for (auto& row : *list) {
      const auto [known, fresh] = by_name.try_emplace(name_of(row), row);
      if (!fresh) widen(row, known->second);
    }
  std::vector<T> all;
  all.reserve(by_name.size());
  for (auto& [name, row] : by_name) all.push_back(std::move(row));
  std::stable_sort(all.begin(), all.end(), [](const T& a, const T& b) { return a.counts.total() > b.counts.total(); });
  return all;
}

template <class T>
void unite(std::vector<T> more, std::size_t values_max, std::vector<T>& rows) {
  rows = united(std::move(rows), std::move(more));
  if (rows.size() > values_max) rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(values_max), rows.end());
}

void widen_ends(const EventGroups& more, EventGroups& groups) {
  if (more.first_us) groups.first_us = std::min(groups.first_us.value_or(*more.first_us), *more.first_us);
  if (more.last_us) groups.last_us = std::max(groups.last_us.value_or(*more.last_us), *more.last_us);
}

}  // namespace

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

std::vector<VolumeBucket> merge_volumes(const std::vector<VolumeBucket>& a, const std::vector<VolumeBucket>& b) {
  std::map<std::int64_t, OutcomeCounts> buckets;
  for (const auto* list : {&a, &b})
    for (const auto& bucket : *list) add(bucket.counts, buckets[bucket.at_us]);
  std::vector<VolumeBucket> merged;
  merged.reserve(buckets.size());
  for (const auto& [at_us, counts] : buckets) merged.push_back({at_us, counts});
  return merged;
}

RowGroups merge_groups(RowGroups a, RowGroups b, std::size_t values_max) {
  EventGroups& groups = a.groups;
  add(b.groups.totals, groups.totals);
  widen_ends(b.groups, groups);
  unite(std::move(b.groups.apis), values_max, groups.apis);
  unite(std::move(b.groups.accounts), values_max, groups.accounts);
  unite(std::move(b.groups.regions), values_max, groups.regions);
  std::map<int, std::size_t> taken;
  std::vector<HashCount> first;
  for (auto& row : united(std::move(a.by_hash), std::move(b.by_hash)))
    if (taken[row.facet]++ < values_max) first.push_back(row);
  std::stable_sort(first.begin(), first.end(), [](const auto& x, const auto& y) { return x.facet < y.facet; });
  a.by_hash = std::move(first);
  return a;
}

}  // namespace backtrail::query
