#include "schema/block_format/part_codec.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <sodium.h>

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

// Numbers hashes in the order in which they come. They are keyed hashes already: their low bits are a place.
class HashNumbers {
 public:
  explicit HashNumbers(std::size_t about) : places_(std::bit_ceil(2 * about + 2)) {}

  std::uint32_t number_of(std::int64_t hash) {
    std::uint32_t& place = find(hash);
    if (place != 0) return place - 1;
    hashes_.push_back(hash);
    place = static_cast<std::uint32_t>(hashes_.size());
    if (2 * hashes_.size() > places_.size()) grow();
    return static_cast<std::uint32_t>(hashes_.size() - 1);
  }
  const std::vector<std::int64_t>& hashes() const { return hashes_; }

 private:
  std::uint32_t& find(std::int64_t hash) {
    for (auto at = static_cast<std::size_t>(hash);; ++at) {
      std::uint32_t& place = places_[at & (places_.size() - 1)];
      if (place == 0 || hashes_[place - 1] == hash) return place;
    }
  }
  void grow() {
    places_.assign(2 * places_.size(), 0);
    for (std::uint32_t i = 0; i < hashes_.size(); ++i) find(hashes_[i]) = i + 1;
  }

  std::vector<std::uint32_t> places_;  // number + 1; 0: free
  std::vector<std::int64_t> hashes_;
};

// Names every entity of an event once, with how it is named.
template <class F>
void for_each_entity(const SealedEvent& event, F&& f) {
  for (std::size_t column = 0; column < kByColumns; ++column) {
    const std::int64_t hash = event.by[column];
    if (hash == 0 || std::find(event.by.begin(), event.by.begin() + static_cast<std::ptrdiff_t>(column), hash) !=
                         event.by.begin() + static_cast<std::ptrdiff_t>(column))
      continue;
    f(hash, true, std::binary_search(event.mentions.begin(), event.mentions.end(), hash));
  }
  for (const std::int64_t hash : event.mentions)
    if (std::find(event.by.begin(), event.by.end(), hash) == event.by.end()) f(hash, false, true);
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

Result<PostingTable> all_postings(const EncodedPart& part, std::int32_t day) {
  PostingTable table;
  for (const auto& chunk : part.postings) {
    const std::size_t first = table.lists.size();
    if (auto ok = decode_postings(chunk.bytes, day, table); !ok) return ok.error();
    if (first == table.lists.size() || table.lists[first].hash != chunk.first_hash ||
        table.lists.back().hash != chunk.last_hash)
      return mismatch("posting lists");
  }
  return table;
}

// What events name stands in the posting lists only.
Result<void> add_mentions(const PostingTable& table, std::vector<SealedEvent>& events) {
  for (std::size_t list = 0; list < table.lists.size(); ++list)
    for (const auto& posting : table.of(list)) {
      if (posting.position >= events.size()) return mismatch("posting lists");
      if (posting.on) events[posting.position].mentions.push_back(table.lists[list].hash);
    }
  return {};
}

bool in_part_order(std::span<const SealedEvent> events) {
  return std::is_sorted(events.begin(), events.end(), comes_before);
}

}  // namespace

PostingTable postings_of(std::span<const SealedEvent> events) {
  struct Entry {
    std::uint32_t list, position;
    bool by, on;
  };
  std::vector<std::uint32_t> by_time(events.size());
  std::iota(by_time.begin(), by_time.end(), 0U);
  std::stable_sort(by_time.begin(), by_time.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return events[a].event_time_us < events[b].event_time_us; });
  std::vector<Entry> entries;
  entries.reserve(events.size() * 8);
  HashNumbers numbers(events.size());
  std::vector<std::uint32_t> sizes;
  const auto add = [&](std::int64_t hash, std::uint32_t position, bool by, bool on) {
    const std::uint32_t list = numbers.number_of(hash);
    if (list == sizes.size()) sizes.push_back(0);
    ++sizes[list];
    entries.push_back({list, position, by, on});
  };
  for (const std::uint32_t position : by_time) {
    add(kAllEvents, position, false, false);
    for_each_entity(events[position], [&](std::int64_t hash, bool by, bool on) { add(hash, position, by, on); });
  }
  std::vector<std::pair<std::int64_t, std::uint32_t>> order;
  for (std::uint32_t list = 0; list < sizes.size(); ++list) order.emplace_back(numbers.hashes()[list], list);
  std::sort(order.begin(), order.end());
  PostingTable table;
  std::vector<std::uint32_t> next(sizes.size());
  std::uint32_t end = 0;
  for (const auto& [hash, list] : order) {
    next[list] = end;
    end += sizes[list];
    table.lists.push_back({hash, end});
  }
  table.postings.resize(entries.size());
  for (const Entry& entry : entries) {
    const SealedEvent& event = events[entry.position];
    table.postings[next[entry.list]++] = {event.event_time_us, entry.position, entry.by, entry.on, event.outcome};
  }
  return table;
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
  part.postings = encode_postings(postings_of(events), day);
  part.rollup = encode_rollup(rollup_of(events, day));
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
  if (*lists != postings_of(events)) return mismatch("posting lists");
  if (const auto ok = check_ids(part, events); !ok) return ok.error();
  return events;
}

std::array<std::uint8_t, 32> digest_of(const EncodedPart& part) {
  crypto_generichash_state digest;
  std::array<std::uint8_t, 32> out{};
  crypto_generichash_init(&digest, nullptr, 0, out.size());
  const auto add = [&](const std::string& bytes) {
    ByteWriter size;
    size.number(bytes.size());
    for (const std::string* piece : {&std::as_const(size.bytes()), &bytes})
      crypto_generichash_update(&digest, reinterpret_cast<const unsigned char*>(piece->data()), piece->size());
  };
  for (const auto& block : part.blocks) {
    add(block.columns);
    add(block.raw);
  }
  for (const auto& chunk : part.postings) add(chunk.bytes);
  for (const auto& chunk : part.ids) add(chunk.bytes);
  add(part.rollup);
  crypto_generichash_final(&digest, out.data(), out.size());
  return out;
}

std::string block_layout(const std::vector<EncodedBlock>& blocks) {
  const bool usual = std::all_of(blocks.begin(), blocks.end(), [&](const auto& block) {
    return block.n == kBlockEvents || &block == &blocks.back();
  });
  ByteWriter layout;
  layout.number(usual ? 1 : 0);
  for (const auto& block : blocks) {
    if (!usual) layout.number(block.n);
    layout.number(block.columns.size());
    layout.number(block.raw.size());
  }
  return layout.take();
}

Result<BlockMap> BlockMap::of(std::string_view layout, std::size_t n) {
  BlockMap map;
  ByteReader in(layout);
  const bool usual = in.number_to(1) == 1;
  std::size_t start = 0;
  std::uint64_t at = 0;
  while (in.left() > 0) {
    if (!usual) map.starts_.push_back(static_cast<std::uint32_t>(start));
    start += usual ? std::min(kBlockEvents, n - std::min(n, start)) : in.number_to(kBlockEventsMax);
    const std::uint64_t columns = in.number_to(kBlocksBytesMax), records = in.number_to(kBlocksBytesMax);
    map.extents_.push_back(
        {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(columns), static_cast<std::uint32_t>(records)});
    at += columns + records;
    if (at > kBlocksBytesMax) in.fail();
  }
  if (in.failed() || start != n || map.extents_.empty())
    return fail(Code::kBadRecord, "the layout of a part is damaged");
  if (usual && map.extents_.size() != (n + kBlockEvents - 1) / kBlockEvents)
    return fail(Code::kBadRecord, "the layout of a part is damaged");
  return map;
}

BlockMap::Place BlockMap::place_of(std::uint32_t position) const {
  if (starts_.empty()) {
    constexpr auto kEvents = static_cast<std::uint32_t>(kBlockEvents);
    return {position / kEvents, position % kEvents, extents_.at(position / kEvents)};
  }
  const auto behind = std::upper_bound(starts_.begin(), starts_.end(), position);
  const auto block = static_cast<std::uint32_t>(behind - starts_.begin() - 1);
  return {block, position - starts_[block], extents_[block]};
}

}  // namespace backtrail::schema
