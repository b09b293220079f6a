#include "schema/block_format/posting_codec.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#include "schema/block_format/bytes.hpp"
#include "schema/block_format/packed.hpp"
#include "schema/core/time.hpp"

namespace backtrail::schema {
namespace {

constexpr std::uint8_t kFormat = 1;
// The low bits of a place: whether by, whether on, the outcome.
constexpr unsigned kFlagBits = 4;

std::uint64_t flags_of(const Posting& posting) {
  return (posting.by ? 1U : 0U) | (posting.on ? 2U : 0U) | static_cast<unsigned>(posting.outcome) << 2;
}

// Consecutive lists as one chunk; each kind of number in a stream of its own, because like packs well with like.
class ChunkWriter {
 public:
  ChunkWriter(const PostingTable& table, std::int32_t day) : table_(table), start_us_(day_start(day)) {}

  // Two bytes a place, two a time, or there about: chunks are cut by this guess.
  static std::size_t guess(std::size_t lists, std::size_t postings) { return 9 * lists + 4 * postings; }

  PostingChunk write(std::size_t first, std::size_t end) {
    const auto lists = std::span(table_.lists).subspan(first, end - first);
    const auto postings =
        std::span(table_.postings).subspan(table_.begin_of(first), lists.back().end - table_.begin_of(first));
    const bool seconds = std::all_of(postings.begin(), postings.end(), [&](const Posting& posting) {
      return (posting.time_us - start_us_) % kMicrosPerSecond == 0;
    });
    for (auto* stream : {&sizes_, &places_, &times_}) stream->bytes().clear();
    std::size_t begin = table_.begin_of(first);
    for (const auto& list : lists) {
      sizes_.number(list.end - begin);
      add(std::span(table_.postings).subspan(begin, list.end - begin), seconds ? kMicrosPerSecond : 1);
      begin = list.end;
    }
    ByteWriter section;
    section.byte(seconds ? 1 : 0);
    section.number(lists.size());
    write_hashes(lists, section);
    for (auto* stream : {&sizes_, &places_, &times_}) section.raw(stream->bytes());
    PostingChunk chunk{lists.front().hash, lists.back().hash, {static_cast<char>(kFormat)}};
    append_packed(section.bytes(), PackWith::kNothing, chunk.bytes);
    return chunk;
  }

 private:
  // Hashes are spread evenly: their differences have about the same size, and a number's marks of length would cost a
  // bit in eight.
  static void write_hashes(std::span<const PostingTable::List> lists, ByteWriter& section) {
    section.fixed64(static_cast<std::uint64_t>(lists.front().hash));
    std::uint64_t most = 0;
    for (std::size_t i = 1; i < lists.size(); ++i)
      most = std::max(most, static_cast<std::uint64_t>(wrapping_difference(lists[i].hash, lists[i - 1].hash)));
    const auto bytes = static_cast<unsigned>(std::bit_width(most) + 7) / 8;
    section.byte(static_cast<std::uint8_t>(bytes));
    for (std::size_t i = 1; i < lists.size(); ++i)
      section.fixed(static_cast<std::uint64_t>(wrapping_difference(lists[i].hash, lists[i - 1].hash)), bytes);
  }

  void add(std::span<const Posting> list, std::int64_t unit) {
    std::int64_t place_before = 0, time_before = 0;
    for (const auto& posting : list) {
      const std::int64_t place = posting.position;
      places_.number(ByteWriter::fold(place - place_before) << kFlagBits | flags_of(posting));
      place_before = place;
      const std::int64_t time = (posting.time_us - start_us_) / unit;
      times_.number(static_cast<std::uint64_t>(time - time_before));
      time_before = time;
    }
  }

  const PostingTable& table_;
  std::int64_t start_us_;
  ByteWriter sizes_, places_, times_;
};

Error damaged() {
  return fail(Code::kBadRecord, "posting lists are damaged");
}

// All lists of the chunk, or the postings of one only.
Result<void> read_chunk(std::string_view bytes, std::int32_t day, std::optional<std::int64_t> wanted,
                        PostingTable& table) {
  ByteReader head(bytes);
  if (head.byte() != kFormat) return fail(Code::kBadRecord, "posting lists have an unknown format");
  const auto section = unpack(head.rest(), kPostingDecodedBytesMax);
  if (!section) return section.error();
  ByteReader in(*section);
  const bool seconds = in.number_to(1) == 1;
  const std::int64_t unit = seconds ? kMicrosPerSecond : 1;
  const std::size_t lists = in.count();
  std::int64_t hash = static_cast<std::int64_t>(in.fixed64());
  const unsigned hash_bytes = in.byte();
  if (lists == 0 || hash_bytes > sizeof hash || (lists - 1) * hash_bytes > in.left()) return damaged();
  // Which of the following numbers belong to whom; of a list that is not wanted, nothing is kept.
  struct Extent {
    std::int64_t hash;
    std::size_t n;
  };
  std::vector<Extent> extents(lists);
  for (std::size_t i = 0; i < lists; ++i) {
    if (i > 0) hash = wrapping_sum(hash, static_cast<std::int64_t>(in.fixed(hash_bytes)));
    extents[i].hash = hash;
  }
  const auto kept = [&](const Extent& extent) { return !wanted || *wanted == extent.hash; };
  const std::size_t before = table.postings.size();
  std::size_t total = before;
  for (auto& extent : extents) {
    extent.n = static_cast<std::size_t>(in.number_to(kPartEventsMax));
    if (extent.n > in.left()) return damaged();
    if (!kept(extent)) continue;
    total += extent.n;
    table.lists.push_back({extent.hash, static_cast<std::uint32_t>(total)});
  }
  // Each of them takes a byte at least.
  if (in.failed() || total - before > in.left()) return damaged();
  table.postings.resize(total);
  std::size_t next = before;
  for (const auto& extent : extents) {
    const bool keep = kept(extent);
    std::int64_t place = 0;
    for (std::size_t i = 0; i < extent.n; ++i) {
      const std::uint64_t number = in.number();
      if (!keep) continue;
      const std::uint64_t folded = number >> kFlagBits;
      place += static_cast<std::int64_t>(folded >> 1) ^ -static_cast<std::int64_t>(folded & 1);
      if (place < 0 || place >= static_cast<std::int64_t>(kPartEventsMax)) return damaged();
      Posting& posting = table.postings[next++];
      posting.position = static_cast<std::uint32_t>(place);
      posting.by = (number & 1) != 0;
      posting.on = (number & 2) != 0;
      posting.outcome = static_cast<Outcome>(number >> 2 & 3);
    }
  }
  const std::int64_t start_us = day_start(day);
  const auto most = static_cast<std::uint64_t>(kMicrosPerDay / unit);
  next = before;
  for (const auto& extent : extents) {
    const bool keep = kept(extent);
    std::uint64_t time = 0;
    for (std::size_t i = 0; i < extent.n; ++i) {
      time += in.number_to(most);
      if (!keep) continue;
      if (time >= most) return damaged();
      table.postings[next++].time_us = start_us + static_cast<std::int64_t>(time) * unit;
    }
  }
  if (!in.finished()) return damaged();
  return {};
}

}  // namespace

std::vector<PostingChunk> encode_postings(const PostingTable& table, std::int32_t day) {
  std::vector<PostingChunk> chunks;
  ChunkWriter writer(table, day);
  std::size_t first = 0;
  const auto cut = [&](std::size_t end) {
    if (first < end) chunks.push_back(writer.write(first, end));
    first = end;
  };
  for (std::size_t i = 0; i < table.lists.size(); ++i) {
    const std::size_t n = table.lists[i].end - table.begin_of(i);
    if (ChunkWriter::guess(1, n) >= kPostingChunkBytes) cut(i);
    if (ChunkWriter::guess(i + 1 - first, table.lists[i].end - table.begin_of(first)) >= kPostingChunkBytes) cut(i + 1);
  }
  cut(table.lists.size());
  return chunks;
}

Result<void> decode_postings(std::string_view bytes, std::int32_t day, PostingTable& table) {
  return read_chunk(bytes, day, std::nullopt, table);
}

Result<std::vector<Posting>> decode_posting_list(std::string_view bytes, std::int32_t day, std::int64_t hash) {
  PostingTable table;
  if (auto ok = read_chunk(bytes, day, hash, table); !ok) return ok.error();
  return std::move(table.postings);
}

}  // namespace backtrail::schema
