// What sealed events have in common: counts by API, account, Region and hash, and a record for the text of each hash.
#include <algorithm>

#include "query/event_reader/parts.hpp"

namespace backtrail::query {
namespace {

// The columns of the facets that are counted by hash.
struct HashFacet {
  int facet;
  schema::ByColumn column;
};
constexpr std::array kHashFacets{
    HashFacet{kFacetIpAddress, schema::ByColumn::kIpAddress}, HashFacet{kFacetAccessKey, schema::ByColumn::kAccessKey},
    HashFacet{kFacetUserAgent, schema::ByColumn::kUserAgent}, HashFacet{kFacetSession, schema::ByColumn::kSession},
    HashFacet{kFacetPrincipal, schema::ByColumn::kPrincipal}};

// Counts with the first and last event.
struct Tally {
  OutcomeCounts counts;
  std::int64_t first_us = 0, last_us = 0;

  void add(schema::Outcome outcome, std::int64_t time_us) {
    first_us = counts.total() == 0 ? time_us : std::min(first_us, time_us);
    last_us = counts.total() == 0 ? time_us : std::max(last_us, time_us);
    counts.add(outcome, 1);
  }
};

}  // namespace

bool EventParts::groups(RowGroups& groups) {
  load_all();
  const auto parts = all_parts();
  load_all_lists(parts);
  Tally all;
  std::map<std::pair<std::string, std::string>, Tally> apis;
  std::map<std::string, Tally> accounts, regions;
  std::map<std::pair<int, std::int64_t>, Tally> hashes;
  for_each_event(parts, [&](const Hit& hit, const schema::BlockColumns& block, const Place& place) {
    const auto add = [&](Tally& tally) { tally.add(hit.posting.outcome, hit.posting.time_us); };
    add(all);
    add(apis[{block.service.of(place.index), block.api.of(place.index)}]);
    add(accounts[hit.part->key.account_id]);
    add(regions[block.region.of(place.index)]);
    for (const auto& [facet, column] : kHashFacets) {
      const std::int64_t hash = block.by[static_cast<std::size_t>(column)][place.index];
      if (hash == 0) continue;
      add(hashes[{facet, hash}]);
      Newest& example = examples_[{facet, hash}];
      if (example.time_us <= hit.posting.time_us) example = {hit.posting.time_us, place};
    }
  });
  if (all.counts.total() == 0) return false;
  groups.groups.totals = all.counts;
  groups.groups.first_us = all.first_us;
  groups.groups.last_us = all.last_us;
  for (const auto& [name, tally] : apis) groups.groups.apis.push_back({name.first, name.second, tally.counts});
  for (const auto& [value, tally] : accounts)
    groups.groups.accounts.push_back({value, tally.counts, tally.first_us, tally.last_us});
  for (const auto& [value, tally] : regions)
    groups.groups.regions.push_back({value, tally.counts, tally.first_us, tally.last_us});
  for (const auto& [key, tally] : hashes)
    groups.by_hash.push_back({key.first, key.second, tally.counts, tally.first_us, tally.last_us});
  return true;
}

std::vector<HashText> EventParts::texts(const std::vector<HashCount>& hashes) {
  std::map<schema::BlockKey, std::vector<std::pair<const HashCount*, std::uint32_t>>> wanted;
  std::set<WantedBlock> needed;
  for (const auto& hash : hashes)
    if (const auto example = examples_.find({hash.facet, hash.hash}); example != examples_.end()) {
      const Place& place = example->second.place;
      wanted[place.block].emplace_back(&hash, place.index);
      needed.insert({place.block, place.part->digest});
    }
  std::vector<HashText> texts;
  if (wanted.empty()) return texts;
  const auto blocks = open_blocks(tx_, needed);
  for (const auto& [key, events] : wanted) {
    std::vector<std::uint32_t> wanted_here;
    for (const auto& event : events) wanted_here.push_back(event.second);
    const auto records = records_of(*blocks.at(key), wanted_here);
    for (const auto& [hash, index] : events) texts.push_back({hash->facet, hash->hash, as_stored(records.at(index))});
  }
  return texts;
}

}  // namespace backtrail::query
