// Sealed parts give back every byte of every event, whatever the events hold, and their decoders take any bytes.
#include "schema/block_format/part_codec.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <rapidcheck.h>

#include "schema/block_format/directory_codec.hpp"
#include "schema/block_format/open_records.hpp"
#include "schema/block_format/uuid_text.hpp"
#include "schema/core/time.hpp"

namespace backtrail::schema {
namespace {

constexpr std::int32_t kDay = 20'777;

// Events that look like a day of an account, and some that look like nothing.
class World {
 public:
  explicit World(unsigned seed) : random_(seed) {}
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::size_t below(std::size_t n) { return random_() % n; }

  Uuid uuid() {
    Uuid id;
    for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random_());
    return id;
  }
  std::string noise(std::size_t size) {
    std::string text(size, '\0');
    for (auto& c : text) c = static_cast<char>(random_());
    return text;
  }
  std::string record(const Uuid& id) {
    if (chance(10)) return noise(below(400));
    if (chance(3)) return {};
    std::string text = R"({"eventVersion":"1.11","eventID":")" + to_string(id) + R"(","requestID":")";
    text += chance(50) ? to_string(uuid()) : to_string(known_);
    text += R"(","keys":["--------","a-b-c","0123-4567","3038EBD2-C98A-4C65-9B6E-E22506292313"],"n":)";
    text += std::to_string(random_() % 1000);
    if (chance(5)) text += "\x01\x02\x03";
    if (chance(5)) text += to_string(id).substr(0, 35);
    if (chance(5)) {
      text += to_string(uuid());
      text[text.size() - 36 + below(36)] = chance(50) ? '-' : 'f';
    }
    return text + "}";
  }
  std::int64_t hash() {
    return static_cast<std::int64_t>(random_() % 40) * 0x1234567890ABCDEF - 0x4000000000000000 + 1;
  }

  SealedEvent event() {
    SealedEvent event;
    event.event_time_us = day_start(kDay) + static_cast<std::int64_t>(below(86'400)) * kMicrosPerSecond;
    if (odd_times && chance(20)) event.event_time_us += static_cast<std::int64_t>(below(1'000'000));
    event.received_us = event.event_time_us + static_cast<std::int64_t>(below(1'000'000'000));
    if (chance(2)) event.received_us = chance(50) ? INT64_MIN : INT64_MAX;
    for (auto& hash_of_column : event.by)
      if (chance(80)) hash_of_column = hash();
    event.flags = static_cast<std::int32_t>(random_());
    event.event_id = chance(10) ? known_ : uuid();
    event.content_fp = uuid();
    event.outcome = static_cast<Outcome>(1 + below(3));
    event.read_only = static_cast<std::int8_t>(static_cast<int>(below(3)) - 1);
    event.region = chance(50) ? "eu-west-1" : noise(below(20));
    event.service = chance(50) ? "s3.amazonaws.com" : chance(50) ? "" : "iam.amazonaws.com";
    event.api = chance(50) ? "GetObject" : noise(below(12));
    event.error_code = chance(70) ? "" : "AccessDenied";
    event.raw = record(event.event_id);
    for (std::size_t n = below(5); n > 0; --n) event.mentions.push_back(chance(20) ? event.by[below(6)] : hash());
    std::erase(event.mentions, 0);
    std::sort(event.mentions.begin(), event.mentions.end());
    event.mentions.erase(std::unique(event.mentions.begin(), event.mentions.end()), event.mentions.end());
    return event;
  }
  std::vector<SealedEvent> events(std::size_t n) {
    std::vector<SealedEvent> events;
    while (events.size() < n) events.push_back(event());
    std::sort(events.begin(), events.end(), comes_before);
    return events;
  }
  bool odd_times = true;

 private:
  std::mt19937 random_;
  Uuid known_ = uuid();
};

TEST(PartCodecTest, EveryByteOfEveryEventComesBack) {
  EXPECT_TRUE(rc::check("a part is what was sealed", [](unsigned seed) {
    World world(seed);
    world.odd_times = world.chance(50);
    const auto events = world.events(1 + world.below(world.chance(20) ? 700 : 150));
    const auto part = encode_part(events, kDay);
    const auto back = decode_part(part, kDay);
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == events);
  }));
}

TEST(PartCodecTest, SomeRecordsOfABlockAreThoseOfAll) {
  EXPECT_TRUE(rc::check("wanted records are whole, others empty", [](unsigned seed) {
    World world(seed);
    const auto events = world.events(1 + world.below(kBlockEvents));
    const auto block = encode_block(events);
    const auto columns = decode_columns(block.columns);
    RC_ASSERT(columns.has_value());
    std::vector<std::uint32_t> wanted;
    for (std::uint32_t i = 0; i < events.size(); ++i)
      if (world.chance(20)) wanted.push_back(i);
    const auto records = decode_records(block.raw, columns->event_id, wanted);
    RC_ASSERT(records.has_value());
    const auto opened = open_records(block.raw);
    RC_ASSERT(opened.has_value());
    for (int again = 0; again < 2; ++again)
      RC_ASSERT(read_records(*opened, columns->event_id, wanted).value() == *records);
    for (std::uint32_t i = 0; i < events.size(); ++i) {
      const bool asked = std::find(wanted.begin(), wanted.end(), i) != wanted.end();
      RC_ASSERT((*records)[i] == (asked ? events[i].raw : std::string()));
    }
  }));
}

TEST(PartCodecTest, PostingListsTellWhatTheEventsTell) {
  EXPECT_TRUE(rc::check("lists are the events by entity", [](unsigned seed) {
    World world(seed);
    const auto events = world.events(1 + world.below(300));
    const auto part = encode_part(events, kDay);
    const auto rollup = decode_rollup(part.rollup);
    RC_ASSERT(rollup.has_value());
    std::int64_t before = INT64_MIN;
    for (const auto& chunk : part.postings) {
      RC_ASSERT(chunk.first_hash <= chunk.last_hash && before <= chunk.first_hash);
      before = chunk.last_hash;
      PostingTable table;
      RC_ASSERT(decode_postings(chunk.bytes, kDay, table).has_value());
      for (std::size_t i = 0; i < table.lists.size(); ++i) {
        const auto& list = table.lists[i];
        const auto postings = table.of(i);
        RC_ASSERT(std::ranges::equal(*decode_posting_list(chunk.bytes, kDay, list.hash), postings));
        for (const bool by : {false, true})
          for (const bool on : {false, true}) {
            const auto wanted = std::ranges::count_if(postings, [&](const Posting& posting) {
              return (by && posting.by) || (on && posting.on) || (by && on);
            });
            RC_ASSERT(*count_posting_list(chunk.bytes, list.hash, by, on) == static_cast<std::size_t>(wanted));
          }
        std::size_t named = 0;
        for (const auto& event : events)
          named += list.hash == kAllEvents ||
                           std::find(event.by.begin(), event.by.end(), list.hash) != event.by.end() ||
                           std::binary_search(event.mentions.begin(), event.mentions.end(), list.hash)
                       ? 1U
                       : 0U;
        RC_ASSERT(postings.size() == named);
        for (const auto& posting : postings) {
          const auto& event = events.at(posting.position);
          RC_ASSERT(posting.time_us == event.event_time_us && posting.outcome == event.outcome);
          RC_ASSERT(posting.by == (list.hash != kAllEvents &&
                                   std::find(event.by.begin(), event.by.end(), list.hash) != event.by.end()));
          RC_ASSERT(posting.on == std::binary_search(event.mentions.begin(), event.mentions.end(), list.hash));
        }
      }
      RC_ASSERT(decode_posting_list(chunk.bytes, kDay, chunk.first_hash + 1)->empty());
      RC_ASSERT(*count_posting_list(chunk.bytes, chunk.first_hash + 1, true, true) == 0U);
    }
    std::uint64_t counted = 0;
    for (const auto& count : rollup->counts) counted += count.n;
    RC_ASSERT(counted == events.size());
  }));
}

TEST(PartCodecTest, ALongListIsAChunkOfItsOwn) {
  World world(7);
  auto events = world.events(5000);
  for (auto& event : events) event.by[5] = 42;
  const auto part = encode_part(events, kDay);
  const auto own = std::find_if(part.postings.begin(), part.postings.end(),
                                [](const auto& chunk) { return chunk.first_hash <= 42 && chunk.last_hash >= 42; });
  ASSERT_NE(own, part.postings.end());
  EXPECT_EQ(own->first_hash, own->last_hash);
  EXPECT_EQ(decode_posting_list(own->bytes, kDay, 42)->size(), 5000U);
}

TEST(PartCodecTest, LargeRecordsEndABlockEarly) {
  World world(8);
  auto events = world.events(150);
  events[10].raw = world.noise(kBlockRawBytes + 1);
  events[11].raw = world.noise(kBlockRawBytes);
  const auto part = encode_part(events, kDay);
  EXPECT_EQ(*decode_part(part, kDay), events);
  ASSERT_EQ(part.blocks.at(0).n, 10U);
  EXPECT_EQ(part.blocks.at(1).n, 1U);
  const auto map = BlockMap::of(block_layout(part.blocks), events.size());
  ASSERT_TRUE(map.has_value());
  std::uint32_t position = 0;
  for (std::uint32_t block = 0; block < part.blocks.size(); ++block)
    for (std::uint32_t index = 0; index < part.blocks[block].n; ++index, ++position) {
      EXPECT_EQ(map->place_of(position).block, block);
      EXPECT_EQ(map->place_of(position).index, index);
      EXPECT_EQ(map->place_of(position).extent.columns_bytes, part.blocks[block].columns.size());
    }
  EXPECT_FALSE(BlockMap::of(block_layout(part.blocks), events.size() + 1).has_value());
}

TEST(PartCodecTest, TheLayoutSaysWhereBlocksLie) {
  World world(9);
  for (const std::size_t n : {1U, 127U, 128U, 129U, 256U, 257U}) {
    const auto part = encode_part(world.events(n), kDay);
    const std::string layout = block_layout(part.blocks);
    const auto map = BlockMap::of(layout, n);
    ASSERT_TRUE(map.has_value());
    ASSERT_EQ(map->extents().size(), part.blocks.size());
    std::size_t at = 0;
    for (std::size_t block = 0; block < part.blocks.size(); ++block) {
      const auto& extent = map->extents()[block];
      EXPECT_EQ(extent.first_byte, at);
      EXPECT_EQ(extent.columns_bytes, part.blocks[block].columns.size());
      EXPECT_EQ(extent.records_bytes, part.blocks[block].raw.size());
      at += extent.columns_bytes + extent.records_bytes;
    }
    EXPECT_EQ(map->place_of(static_cast<std::uint32_t>(n - 1)).block, part.blocks.size() - 1);
    for (std::size_t size = 0; size < layout.size(); ++size)
      EXPECT_FALSE(BlockMap::of(std::string_view(layout).substr(0, size), n).has_value()) << size;
    EXPECT_FALSE(BlockMap::of(layout + std::string("\1\1", 2), n).has_value());
    EXPECT_FALSE(BlockMap::of(layout, n + kBlockEvents).has_value());
  }
  EXPECT_FALSE(BlockMap::of("", 1).has_value());
  // More bytes than a part may have.
  EXPECT_TRUE(BlockMap::of(std::string("\1\0\x80\x80\x80\x80\4", 7), 1).has_value());
  EXPECT_FALSE(BlockMap::of(std::string("\1\1\x80\x80\x80\x80\4", 7), 1).has_value());
}

TEST(PartCodecTest, EveryChangedByteIsSeen) {
  World world(10);
  const auto events = world.events(40);
  const auto part = encode_part(events, kDay);
  const auto expect_seen = [&](EncodedPart changed) { EXPECT_FALSE(decode_part(changed, kDay).has_value()); };
  for (std::size_t at = 0; at < part.blocks[0].columns.size(); at += 7) {
    auto changed = part;
    changed.blocks[0].columns[at] ^= 1;
    expect_seen(changed);
  }
  // What the digest does not see, because it was made anew, the comparison of blocks and lists sees.
  auto changed = part;
  auto other = events;
  other[3].mentions.push_back(INT64_MAX);
  changed.postings = encode_part(other, kDay).postings;
  EXPECT_FALSE(decode_part(changed, kDay).has_value());
  other = events;
  other[3].outcome = other[3].outcome == Outcome::kOk ? Outcome::kDenied : Outcome::kOk;
  changed = part;
  changed.postings = encode_part(other, kDay).postings;
  changed.digest = digest_of(changed);
  EXPECT_FALSE(decode_part(changed, kDay).has_value());
  other = events;
  other[3].event_id.bytes[0] ^= 1;
  changed = part;
  changed.ids = encode_part(other, kDay).ids;
  changed.digest = digest_of(changed);
  EXPECT_FALSE(decode_part(changed, kDay).has_value());
}

TEST(PartCodecTest, DecodersTakeAnyBytes) {
  EXPECT_TRUE(rc::check("no crash", [](unsigned seed) {
    World world(seed);
    const auto part = encode_part(world.events(1 + world.below(80)), kDay);
    const auto damage = [&](std::string bytes) {
      if (world.chance(30)) bytes.resize(world.below(bytes.size() + 1));
      for (std::size_t n = 1 + world.below(4); n > 0 && !bytes.empty(); --n)
        bytes[world.below(bytes.size())] = static_cast<char>(world.below(256));
      return bytes;
    };
    (void)decode_block(damage(part.blocks[0].columns), part.blocks[0].raw);
    (void)decode_block(part.blocks[0].columns, damage(part.blocks[0].raw));
    PostingTable table;
    (void)decode_postings(damage(part.postings[0].bytes), kDay, table);
    const auto& chunk = part.postings[world.below(part.postings.size())];
    (void)decode_posting_list(damage(chunk.bytes), kDay, chunk.first_hash);
    (void)count_posting_list(damage(chunk.bytes), chunk.first_hash, world.chance(50), world.chance(50));
    (void)decode_ids(damage(part.ids[0].bytes));
    (void)decode_rollup(damage(part.rollup));
  }));
}

TEST(UuidTextTest, FindsTheFirstAtOrBehind) {
  const std::string id = "3038ebd2-c98a-4c65-9b6e-e22506292313";
  EXPECT_EQ(find_uuid_text(id, 0)->at, 0U);
  EXPECT_EQ(find_uuid_text("x" + id, 0)->at, 1U);
  EXPECT_EQ(find_uuid_text("x" + id, 1)->at, 1U);
  EXPECT_FALSE(find_uuid_text("x" + id, 2).has_value());
  EXPECT_EQ(find_uuid_text("a-b--" + id + id, 0)->at, 5U);
  EXPECT_EQ(find_uuid_text("a-b--" + id + id, 6)->at, 41U);
  EXPECT_FALSE(find_uuid_text(id.substr(0, 35), 0).has_value());
  EXPECT_FALSE(find_uuid_text("3038EBD2-c98a-4c65-9b6e-e22506292313", 0).has_value());
  EXPECT_FALSE(find_uuid_text("----------------------------------------", 0).has_value());
  for (std::size_t at = 0; at < id.size(); ++at) {
    std::string other = id;
    other[at] = id[at] == '-' ? '0' : '-';
    EXPECT_FALSE(find_uuid_text(other, 0).has_value()) << other;
    EXPECT_FALSE(find_uuid_text(other + "0000", 0).has_value()) << other;
  }
  std::string back;
  append_uuid_text(find_uuid_text(id, 0)->id, back);
  EXPECT_EQ(back, id);
}

TEST(DirectoryCodecTest, NamesEveryEntry) {
  World world(11);
  for (const std::size_t accounts : {1U, 3U, 256U, 257U, 65'536U, 65'537U})
    for (const std::size_t n : {1U, 100U, 423U, 424U, 7'000U, 60'000U, 200'000U}) {
      std::vector<DirectoryEntry> entries;
      for (std::size_t i = 0; i < n; ++i)
        entries.push_back({static_cast<std::int64_t>(world.below(SIZE_MAX) << 32 ^ world.below(SIZE_MAX)),
                           111'122'223'333 + i % accounts});
      const auto rows = encode_directory(entries);
      std::size_t bytes = 0;
      for (const auto& row : rows) bytes += row.bytes.size();
      EXPECT_LE(bytes / rows.size(), n < 200'000 ? 1'800 : SIZE_MAX) << n << " of " << accounts;
      const DirectoryRows directory(rows);
      for (const auto& entry : entries) ASSERT_TRUE(directory.names(entry)) << n << " of " << accounts;
      EXPECT_FALSE(directory.names({entries[0].hash, 999'999'999'999}));
      EXPECT_FALSE(directory.names({entries[0].hash ^ (std::int64_t{1} << 40), entries[0].account}));
    }
  EXPECT_TRUE(encode_directory({}).empty());
}

TEST(DirectoryCodecTest, AFewEntriesAreOneRow) {
  std::vector<DirectoryEntry> entries;
  for (std::int64_t i = 0; i < 423; ++i) entries.push_back({i << 40, 111'122'223'333});
  EXPECT_EQ(encode_directory(entries).size(), 1U);
  EXPECT_EQ(encode_directory(entries)[0].slot, 1);
  EXPECT_EQ(encode_directory(entries)[0].bytes.size(), 3U + 423 * 4 + 5);
  entries.push_back({INT64_MIN, 111'122'223'333});
  EXPECT_EQ(encode_directory(entries).size(), 2U) << "by the first four bits";
}

TEST(DirectoryCodecTest, DamagedRowsNameNothing) {
  const DirectoryEntry entry{-42, 111'122'223'333};
  const auto rows = encode_directory({entry});
  ASSERT_TRUE(DirectoryRows(rows).names(entry));
  for (std::size_t size = 0; size < rows[0].bytes.size(); ++size)
    EXPECT_FALSE(DirectoryRows(std::vector<DirectoryRow>{{1, rows[0].bytes.substr(0, size)}}).names(entry)) << size;
  EXPECT_FALSE(DirectoryRows(std::vector<DirectoryRow>{{17, rows[0].bytes}}).names(entry)) << "another slot";
}

}  // namespace
}  // namespace backtrail::schema
