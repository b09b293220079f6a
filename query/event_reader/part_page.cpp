// A page of sealed events: the newest hits of the newest days that have any, then their blocks, then their records.
#include <algorithm>

#include "query/event_reader/part_match.hpp"
#include "query/event_reader/parts.hpp"

namespace backtrail::query {
namespace {

// Hits of which a page looks into the columns at a time, when lists do not tell which of them are wanted.
constexpr std::size_t kHitsAtATime = 4'096;

}  // namespace

// Without a look into columns: the blocks are those of the page, and are opened with their records.
void EventParts::take_hits(std::span<const Hit> hits, const EventPosition& position, Found& found) {
  std::vector<Place> places;
  std::set<WantedBlock> wanted;
  for (const Hit& hit : hits) {
    places.push_back(place_of(hit));
    wanted.insert({places.back().block, hit.part->digest});
  }
  auto blocks = open_blocks(tx_, wanted);
  for (const Place& place : places) take_event(blocks.at(place.block)->columns, place, position, found);
  opened_.merge(blocks);
}

// Columns decide which of the hits are wanted; most of the blocks are not needed any more then.
void EventParts::take_matching(std::span<const Hit> hits, const EventPosition& position, Found& found) {
  std::vector<Place> places;
  std::set<schema::BlockKey> wanted;
  for (const Hit& hit : hits) {
    places.push_back(place_of(hit));
    wanted.insert(places.back().block);
  }
  const auto blocks = sound(schema::read_blocks(tx_, {wanted.begin(), wanted.end()}, false));
  std::map<schema::BlockKey, BlockMatch> matches;
  for (const auto& [key, block] : blocks) matches.emplace(key, BlockMatch(filter_, block.columns));
  for (const Place& place : places) {
    const auto& columns = blocks.at(place.block).columns;
    if (place.index >= columns.size()) refuse_damaged("a block is too short");
    if (matches.at(place.block)(place.index)) take_event(columns, place, position, found);
  }
}

void EventParts::take_event(const schema::BlockColumns& columns, const Place& place, const EventPosition& position,
                            Found& found) {
  if (place.index >= columns.size()) refuse_damaged("a block is too short");
  StoredEvent event = stored_event(place.block.part, columns, place.index);
  event.list = list_of(place.part);
  if (event.position < position) found.emplace_back(std::move(event), place);
}

// Of hits, which are the newest first: adds the first that are before the position and answer the question, and all
// that happened at the same time as the last of those.
void EventParts::newest_of(const std::vector<Hit>& hits, const EventPosition& position, std::size_t limit,
                           Found& found) {
  std::size_t at_a_time = 0;
  for (std::size_t next = 0; next < hits.size() && found.size() < limit;) {
    at_a_time = needs_columns_ ? std::clamp(2 * at_a_time, limit - found.size(), std::max(limit, kHitsAtATime))
                               : limit - found.size();
    std::size_t end = std::min(hits.size(), next + at_a_time);
    while (end < hits.size() && hits[end].posting.time_us == hits[end - 1].posting.time_us) ++end;
    const auto some = std::span(hits).subspan(next, end - next);
    if (needs_columns_)
      take_matching(some, position, found);
    else
      take_hits(some, position, found);
    next = end;
  }
}

std::vector<StoredEvent> EventParts::with_records(Found found) {
  std::map<schema::BlockKey, std::vector<std::size_t>> by_block;
  std::set<WantedBlock> missing;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Place& place = found[i].second;
    by_block[place.block].push_back(i);
    if (!opened_.contains(place.block)) missing.insert({place.block, place.part->digest});
  }
  if (!missing.empty()) opened_.merge(open_blocks(tx_, missing));
  std::vector<StoredEvent> events(found.size());
  for (const auto& [key, indexes] : by_block) {
    std::vector<std::uint32_t> wanted;
    for (const std::size_t i : indexes) wanted.push_back(found[i].second.index);
    auto records = records_of(*opened_.at(key), wanted);
    for (const std::size_t i : indexes) {
      events[i] = std::move(found[i].first);
      events[i].raw = as_stored(std::move(records.at(found[i].second.index)));
    }
  }
  opened_.clear();
  return events;
}

std::vector<StoredEvent> EventParts::newest(const EventPosition& position, std::size_t limit) {
  Found found;
  if (nothing_ || limit == 0) return {};
  const std::int32_t position_day = schema::day_of(position.time_us);
  // The newest first. Blocks of several days are read at once: most entities do little on a day.
  std::vector<Hit> waiting;
  const auto take = [&](std::size_t least) {
    if (found.size() + waiting.size() < least) return;
    newest_of(waiting, position, limit, found);
    waiting.clear();
  };
  for (const auto& [from, to] : day_ranges()) {
    if (found.size() >= limit) break;
    if (from > position_day) continue;
    if (!loaded_.contains({from_day_, to_day_})) load(from, to);
    for (std::int32_t day = std::min(to, position_day); day >= from && found.size() < limit; --day) {
      // The newest day of these that has a part.
      const auto behind = parts_.lower_bound({day + 1, "", 0});
      if (behind == parts_.begin()) break;
      day = std::prev(behind)->first.day;
      if (day < from) break;
      std::vector<SealedPart*> parts;
      for (auto part = parts_.lower_bound({day, "", 0}); part != behind; ++part) parts.push_back(&part->second);
      load_all_lists(parts);
      const auto of_day = static_cast<std::ptrdiff_t>(waiting.size());
      for (const SealedPart* part : parts)
        for (const auto& posting : hits(*part))
          if (posting.time_us <= position.time_us) waiting.push_back({part, posting});
      std::sort(waiting.begin() + of_day, waiting.end(),
                [](const Hit& a, const Hit& b) { return a.posting.time_us > b.posting.time_us; });
      take(limit);
    }
  }
  take(0);
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first.position > b.first.position; });
  if (found.size() > limit) found.resize(limit);
  return with_records(std::move(found));
}

}  // namespace backtrail::query
