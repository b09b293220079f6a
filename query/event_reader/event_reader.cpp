#include "query/event_reader/event_reader.hpp"

#include <array>
#include <map>

#include "query/event_reader/merge.hpp"
#include "schema/block_format/raw_codec.hpp"

namespace backtrail::query {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;
// The most frequent values of two sources together need not be among those of either.
constexpr std::size_t kEveryValue = INT64_MAX;
constexpr std::array<std::int64_t, 7> kBucketSeconds{60, 300, 900, 3600, 3 * 3600, 6 * 3600, kDaySeconds};

std::int64_t bucket_of(std::int64_t us, std::int64_t bucket_s) {
  return us / (bucket_s * schema::kMicrosPerSecond);
}

std::size_t buckets_in(const schema::TimeRange& range, std::int64_t bucket_s) {
  return static_cast<std::size_t>(bucket_of(range.to_us - 1, bucket_s) - bucket_of(range.from_us, bucket_s) + 1);
}

void add_value(const HashCount& count, const schema::Entity& entity, EventGroups& groups) {
  ValueCount row{entity.key, count.counts, count.first_us, count.last_us, entity.name};
  switch (count.facet) {
    case kFacetIpAddress:
      groups.ip_addresses.push_back(std::move(row));
      return;
    case kFacetAccessKey:
      groups.access_keys.push_back(std::move(row));
      return;
    case kFacetUserAgent:
      groups.user_agents.push_back(std::move(row));
      return;
    case kFacetSession:
      groups.sessions.push_back(std::move(row));
      return;
    case kFacetPrincipal:
      groups.principals.push_back(std::move(row));
      return;
    default:
      return;
  }
}

}  // namespace

EventReader::Listing EventReader::newest(EventPosition position, std::size_t limit) {
  Listing listing;
  for (;;) {
    // One more than asked for tells whether there is more.
    const std::size_t wanted = limit - listing.events.size() + 1;
    std::vector<std::vector<StoredEvent>> listings;
    listings.push_back(rows_.newest(position, wanted));
    listings.push_back(parts_.newest(position, wanted));
    auto stored = merge_newest(std::move(listings), wanted);
    const bool end = stored.size() < wanted;
    for (auto& event : stored) {
      if (listing.events.size() == limit) {
        listing.last = position;
        return listing;
      }
      position = event.position;
      EventView view(std::move(event), asked_);
      if (proof_.holds(view))
        listing.events.push_back(std::move(view));
      else
        ++listing.left_out;
    }
    if (end) return listing;
  }
}

std::uint64_t EventReader::count() {
  const std::uint64_t rows = rows_.count();
  return rows + parts_.count();
}

std::vector<VolumeBucket> EventReader::volume(std::int64_t bucket_s) {
  const auto& range = filter_.range;
  if (range.from_us >= range.to_us) return {};
  const std::int64_t bucket_us = bucket_s * schema::kMicrosPerSecond;
  const std::int64_t first = bucket_of(range.from_us, bucket_s);
  std::vector<VolumeBucket> buckets(buckets_in(range, bucket_s));
  for (std::size_t i = 0; i < buckets.size(); ++i)
    buckets[i].at_us = (first + static_cast<std::int64_t>(i)) * bucket_us;
  const auto rows = rows_.volume(bucket_s);
  for (const auto& row : merge_volumes(rows, parts_.volume(bucket_s)))
    buckets.at(static_cast<std::size_t>(row.at_us / bucket_us - first)).counts = row.counts;
  return buckets;
}

EventGroups EventReader::groups(std::size_t values_max) {
  RowGroups counted = rows_.groups(values_max), sealed;
  if (parts_.groups(sealed)) counted = merge_groups(rows_.groups(kEveryValue), std::move(sealed), values_max);
  std::map<std::pair<int, std::int64_t>, schema::Entity> texts;
  auto examples = rows_.texts(counted.by_hash);
  for (auto& example : parts_.texts(counted.by_hash)) examples.push_back(std::move(example));
  for (const auto& text : examples) {
    const auto raw = schema::decode_raw(text.raw);
    if (!raw) continue;
    const auto record = read_record(*raw);
    if (!record) continue;
    const auto entity = entity_of_facet(text.facet, *record);
    // A forged hash has no text of its own.
    if (entity && schema::entity_hash(key_, entity->kind, entity->key) == text.hash)
      texts[{text.facet, text.hash}] = *entity;
  }
  for (const auto& count : counted.by_hash) {
    const auto text = texts.find({count.facet, count.hash});
    if (text != texts.end()) add_value(count, text->second, counted.groups);
  }
  return std::move(counted.groups);
}

std::optional<StoredEvent> find_event(schema::Transaction& tx, const EventIdentity& identity) {
  auto found = find_row(tx, identity);
  return found ? std::move(found) : find_sealed_event(tx, identity);
}

std::vector<StoredEvent> find_events(schema::Transaction& tx, const schema::Uuid& event_id, std::size_t limit) {
  std::vector<std::vector<StoredEvent>> listings;
  listings.push_back(find_rows(tx, event_id, limit));
  listings.push_back(find_sealed_events(tx, event_id, limit));
  return merge_newest(std::move(listings), limit);
}

std::int64_t bucket_seconds(const schema::TimeRange& range, std::size_t buckets_max) {
  for (const std::int64_t bucket_s : kBucketSeconds)
    if (buckets_in(range, bucket_s) <= buckets_max) return bucket_s;
  std::int64_t days = 2;
  while (buckets_in(range, days * kDaySeconds) > buckets_max) ++days;
  return days * kDaySeconds;
}

}  // namespace backtrail::query
