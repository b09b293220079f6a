#include "schema/block_format/part_codec.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "schema/block_format/bytes.hpp"
#include "schema/core/time.hpp"

namespace backtrail::schema {
namespace {

std::vector<EncodedBlock> encode_blocks(std::span<const SealedEvent> events) {
  std::vector<EncodedBlock> blocks;
  while (!events.empty()) {
    std::size_t n = 0, bytes = 0;
    while (n < events.size() && n < kBlockEvents && (n == 0 || bytes + events[n].raw.size() <= kBlockRawBytes))
      bytes += events[n++].raw.size();
    blocks.push_back(encode_block(events.first(n)));
    events = events.subspan(n);
  }
  return blocks;
}

// Names every entity of an event once, with how it is named.
template <class F>
void for_each_entity(const SealedEvent& event, F&& f) {
  for (std::size_t column = 0; column < kByColumns; ++column) {
    const std::int64_t hash = event.by[column];
    if (hash == 0 || std::find(event.by.begin(), event.by.begin() + static_cast<std::ptrdiff_t>(column), hash) !=
                         event.by.begin() + static_cast<std::ptrdiff_t>(column))
      continue;
    f(hash, true, std::binary_search(event.mentions.begin(), event.mentions.end(), hash), hash == event.by[0]);
  }
  for (const std::int64_t hash : event.mentions)
    if (std::find(event.by.begin(), event.by.end(), hash) == event.by.end()) f(hash, false, true, false);
}

Error mismatch(const char* what) {
  return fail(Code::kBadRecord, std::string("the ") + what + " of a part do not fit its blocks");
}

Result<void> check_ids(const EncodedPart& part, std::span<const SealedEvent> events) {
  std::vector<IdPlace> told, expected(events.size());
  for (const auto& chunk : part.ids) {
    const auto places = decode_ids(chunk.bytes);
    if (!places) return places.error();
    if (places->empty() || places->front().key != chunk.first_key || places->back().key != chunk.last_key)
      return mismatch("event ids");
    told.insert(told.end(), places->begin(), places->end());
  }
  for (std::size_t i = 0; i < events.size(); ++i)
    expected[i] = {id_key(events[i].event_id), static_cast<std::uint32_t>(i)};
  std::sort(expected.begin(), expected.end());
  if (told != expected) return mismatch("event ids");
  return {};
}

Result<std::vector<PostingList>> all_postings(const EncodedPart& part, std::int32_t day) {
  std::vector<PostingList> all;
  for (const auto& chunk : part.postings) {
    auto lists = decode_postings(chunk.bytes, day);
    if (!lists) return lists.error();
    if (lists->empty() || lists->front().hash != chunk.first_hash || lists->back().hash != chunk.last_hash)
      return mismatch("posting lists");
    std::move(lists->begin(), lists->end(), std::back_inserter(all));
  }
  return all;
}

// What events name stands in the posting lists only.
Result<void> add_mentions(const std::vector<PostingList>& lists, std::vector<SealedEvent>& events) {
  for (const auto& list : lists)
    for (const auto& posting : list.postings) {
      if (posting.position >= events.size()) return mismatch("posting lists");
      if (posting.on) events[posting.position].mentions.push_back(list.hash);
    }
  return {};
}

bool in_part_order(std::span<const SealedEvent> events) {
  return std::is_sorted(events.begin(), events.end(), comes_before);
}

}  // namespace

std::vector<PostingList> postings_of(std::span<const SealedEvent> events, const std::vector<CallName>& names) {
  std::unordered_map<std::int64_t, std::size_t> index;
  index.reserve(events.size());
  std::vector<PostingList> lists;
  const auto list_of = [&](std::int64_t hash) -> PostingList& {
    const auto [found, fresh] = index.try_emplace(hash, lists.size());
    if (fresh) lists.push_back({hash, false, {}});
    return lists[found->second];
  };
  list_of(kAllEvents).has_names = true;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const SealedEvent& event = events[i];
    const auto name = static_cast<std::uint32_t>(
        std::lower_bound(names.begin(), names.end(), CallName{event.service, event.api}) - names.begin());
    const Posting posting{event.event_time_us, static_cast<std::uint32_t>(i), false, false, event.outcome, name};
    list_of(kAllEvents).postings.push_back(posting);
    for_each_entity(event, [&](std::int64_t hash, bool by, bool on, bool principal) {
      PostingList& list = list_of(hash);
      list.postings.push_back(posting);
      list.postings.back().by = by;
      list.postings.back().on = on;
      list.has_names |= principal;
    });
  }
  for (auto& list : lists) {
    std::sort(list.postings.begin(), list.postings.end(), [](const Posting& a, const Posting& b) {
      return std::tie(a.time_us, a.position) < std::tie(b.time_us, b.position);
    });
    if (!list.has_names)
      for (auto& posting : list.postings) posting.name = 0;
  }
  std::sort(lists.begin(), lists.end(), [](const auto& a, const auto& b) { return a.hash < b.hash; });
  return lists;
}

EncodedPart encode_part(std::span<const SealedEvent> events, std::int32_t day) {
  BACKTRAIL_ASSERT(!events.empty() && events.size() <= kPartEventsMax);
  EncodedPart part;
  part.n = events.size();
  part.event_class = events.front().event_class;
  const auto [first, last] = std::minmax_element(
      events.begin(), events.end(), [](const auto& a, const auto& b) { return a.event_time_us < b.event_time_us; });
  part.first_us = first->event_time_us;
  part.last_us = last->event_time_us;
  BACKTRAIL_ASSERT(day_of(part.first_us) == day && day_of(part.last_us) == day);
  part.blocks = encode_blocks(events);
  const Rollup rollup = rollup_of(events, day);
  part.postings = encode_postings(postings_of(events, rollup.names), day);
  part.rollup = encode_rollup(rollup);
  std::vector<Uuid> ids(events.size());
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = events[i].event_id;
  part.ids = encode_ids(ids);
  part.digest = digest_of(part);
  return part;
}

Result<std::vector<SealedEvent>> decode_part(const EncodedPart& part, std::int32_t day) {
  if (digest_of(part) != part.digest) return fail(Code::kBadRecord, "a part does not have its digest");
  std::vector<SealedEvent> events;
  for (const auto& block : part.blocks) {
    auto decoded = decode_block(block.columns, block.raw);
    if (!decoded) return decoded.error();
    if (decoded->size() != block.n) return mismatch("counts");
    std::move(decoded->begin(), decoded->end(), std::back_inserter(events));
  }
  if (events.size() != part.n || !in_part_order(events)) return mismatch("counts");
  for (const auto& event : events)
    if (event.event_class != part.event_class || day_of(event.event_time_us) != day ||
        event.event_time_us < part.first_us || event.event_time_us > part.last_us)
      return mismatch("times");
  const auto lists = all_postings(part, day);
  if (!lists) return lists.error();
  if (const auto ok = add_mentions(*lists, events); !ok) return ok.error();
  const auto rollup = decode_rollup(part.rollup);
  if (!rollup) return rollup.error();
  if (*rollup != rollup_of(events, day)) return mismatch("figures");
  if (*lists != postings_of(events, rollup->names)) return mismatch("posting lists");
  if (const auto ok = check_ids(part, events); !ok) return ok.error();
  return events;
}

std::array<std::uint8_t, 32> digest_of(const EncodedPart& part) {
  ByteWriter all;
  for (const auto& block : part.blocks) {
    all.text(block.columns);
    all.text(block.raw);
  }
  for (const auto& chunk : part.postings) all.text(chunk.bytes);
  for (const auto& chunk : part.ids) all.text(chunk.bytes);
  all.text(part.rollup);
  return sha256(all.bytes());
}

std::string block_layout(const std::vector<EncodedBlock>& blocks) {
  const bool usual = std::all_of(blocks.begin(), blocks.end(), [&](const auto& block) {
    return block.n == kBlockEvents || &block == &blocks.back();
  });
  if (usual) return {};
  ByteWriter layout;
  for (const auto& block : blocks) layout.number(block.n);
  return layout.take();
}

Result<BlockMap> BlockMap::of(std::string_view layout, std::size_t n) {
  BlockMap map;
  if (layout.empty()) {
    map.blocks_ = (n + kBlockEvents - 1) / kBlockEvents;
    return map;
  }
  ByteReader in(layout);
  std::size_t start = 0;
  while (in.left() > 0) {
    map.starts_.push_back(static_cast<std::uint32_t>(start));
    start += in.number_to(kBlockEventsMax);
  }
  if (in.failed() || start != n) return fail(Code::kBadRecord, "the layout of a part is damaged");
  map.blocks_ = map.starts_.size();
  return map;
}

BlockMap::Place BlockMap::place_of(std::uint32_t position) const {
  if (starts_.empty()) {
    constexpr auto kEvents = static_cast<std::uint32_t>(kBlockEvents);
    return {position / kEvents, position % kEvents};
  }
  const auto behind = std::upper_bound(starts_.begin(), starts_.end(), position);
  const auto block = static_cast<std::uint32_t>(behind - starts_.begin() - 1);
  return {block, position - starts_[block]};
}

}  // namespace backtrail::schema
