// Events of sealed days by their ids, and when an entity was in one.
#include <algorithm>

#include "query/event_reader/parts.hpp"

namespace backtrail::query {
namespace {

using schema::Transaction;

constexpr std::int32_t kFirstDay = 0, kLastDay = 2'932'896;  // 1970 to 9999

template <class Wanted>
std::vector<StoredEvent> read_events(Transaction& tx, const std::vector<SealedId>& ids, Wanted wanted) {
  std::map<schema::BlockKey, std::vector<std::uint32_t>> places;
  for (const auto& id : ids) {
    if (id.position >= id.part.n) continue;
    const auto place = blocks_of(id.part).place_of(id.position);
    places[{id.part.key, place.block, place.extent}].push_back(place.index);
  }
  std::vector<schema::BlockKey> keys;
  keys.reserve(places.size());
  for (const auto& [key, indexes] : places) keys.push_back(key);
  std::vector<StoredEvent> events;
  if (keys.empty()) return events;
  const auto blocks = sound(schema::read_blocks(tx, keys, true));
  for (const auto& [key, indexes] : places) {
    const auto& block = blocks.at(key);
    std::vector<std::string> records;
    for (const std::uint32_t index : indexes) {
      if (index >= block.columns.size()) continue;
      StoredEvent event = stored_event(key.part, block.columns, index);
      if (!wanted(event)) continue;
      if (records.empty()) records = sound(schema::decode_records(block.raw, block.columns.event_id, indexes));
      event.raw = as_stored(records.at(index));
      events.push_back(std::move(event));
    }
  }
  return events;
}

// The first and last of some lists' events, made by the entity or at all.
struct Extent {
  std::optional<std::int64_t> first_us, last_us, last_by_us;
};

void widen(const schema::Posting& posting, Extent& extent) {
  extent.first_us = std::min(extent.first_us.value_or(posting.time_us), posting.time_us);
  extent.last_us = std::max(extent.last_us.value_or(posting.time_us), posting.time_us);
  if (posting.by) extent.last_by_us = std::max(extent.last_by_us.value_or(posting.time_us), posting.time_us);
}

std::map<std::int64_t, Extent> extents_of(Transaction& tx, const std::vector<SealedPlace>& places) {
  std::map<std::int64_t, Extent> extents;
  for (const auto& [key, part] : sealed_lists(tx, places))
    for (const auto& [hash, bytes] : part.lists)
      for (const auto& posting : sound(schema::decode_posting_list(bytes, key.day, hash)))
        widen(posting, extents[hash]);
  return extents;
}

// Places of days, from one end on, in pieces that grow, until `enough` says so.
template <class Days, class Enough>
void walk_days(Transaction& tx, const Days& days, std::int64_t hash, Enough enough) {
  std::size_t size = 1;
  for (auto day = days.begin(); day != days.end(); size *= 2) {
    std::vector<SealedPlace> places;
    for (std::size_t i = 0; i < size && day != days.end(); ++i, ++day)
      places.insert(places.end(), day->second.begin(), day->second.end());
    if (enough(extents_of(tx, places)[hash])) return;
  }
}

}  // namespace

std::optional<StoredEvent> find_sealed_event(Transaction& tx, const EventIdentity& identity) {
  const auto ids = sealed_ids(tx, identity.day, identity.day, {{identity.account_id}}, identity.event_id);
  auto events = read_events(tx, ids, [&](const StoredEvent& event) {
    return event.position.event_id == identity.event_id && event.position.content_fp == identity.content_fp;
  });
  if (events.empty()) return std::nullopt;
  return std::move(events.front());
}

std::vector<StoredEvent> find_sealed_events(Transaction& tx, const schema::Uuid& event_id, std::size_t limit) {
  const auto ids = sealed_ids(tx, kFirstDay, kLastDay, std::nullopt, event_id);
  auto events = read_events(tx, ids, [&](const StoredEvent& event) { return event.position.event_id == event_id; });
  std::sort(events.begin(), events.end(),
            [](const StoredEvent& a, const StoredEvent& b) { return a.position > b.position; });
  if (events.size() > limit) events.resize(limit);
  return events;
}

SealedSeen sealed_seen(Transaction& tx, std::int64_t hash) {
  std::map<std::int32_t, std::vector<SealedPlace>> days;
  for (auto& place : sealed_places(tx, {hash}, kFirstDay, kLastDay)) days[place.day].push_back(place);
  SealedSeen seen;
  walk_days(tx, days, hash, [&](const Extent& extent) {
    seen.first_us = extent.first_us;
    return seen.first_us.has_value();
  });
  const std::map<std::int32_t, std::vector<SealedPlace>, std::greater<>> back(days.begin(), days.end());
  walk_days(tx, back, hash, [&](const Extent& extent) {
    if (!seen.last_us) seen.last_us = extent.last_us;
    seen.last_by_us = extent.last_by_us;
    return seen.last_by_us.has_value();
  });
  return seen;
}

std::vector<std::optional<std::int64_t>> sealed_last_seen(Transaction& tx, const std::vector<std::int64_t>& hashes) {
  std::map<std::int64_t, std::map<std::int32_t, std::vector<SealedPlace>>> days;  // of each entity
  for (auto& place : sealed_places(tx, hashes, kFirstDay, kLastDay)) days[place.hash][place.day].push_back(place);
  std::map<std::int64_t, std::int64_t> last;
  while (!days.empty()) {
    // The newest day of each; the directory may have told of an entity that is not there.
    std::vector<SealedPlace> places;
    for (auto& [hash, of_hash] : days) {
      const auto newest = std::prev(of_hash.end());
      places.insert(places.end(), newest->second.begin(), newest->second.end());
      of_hash.erase(newest);
    }
    for (const auto& [hash, extent] : extents_of(tx, places))
      if (extent.last_us) last[hash] = *extent.last_us;
    std::erase_if(days, [&](const auto& entity) { return entity.second.empty() || last.contains(entity.first); });
  }
  std::vector<std::optional<std::int64_t>> answers;
  answers.reserve(hashes.size());
  for (const std::int64_t hash : hashes)
    answers.push_back(last.contains(hash) ? std::optional(last.at(hash)) : std::nullopt);
  return answers;
}

}  // namespace backtrail::query
