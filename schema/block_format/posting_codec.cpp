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

// What stands before the numbers of a chunk's lists.
struct ChunkHead {
  std::int64_t unit = 1;
  std::size_t lists = 0;
  std::int64_t first_hash = 0;
  unsigned hash_bytes = 0;
};

// The chunk's bytes, in memory that is used again by the same thread.
Result<std::string_view> unpack_chunk(std::string_view bytes) {
  thread_local std::string room;
  ByteReader head(bytes);
  if (head.byte() != kFormat) return fail(Code::kBadRecord, "posting lists have an unknown format");
  return unpack(head.rest(), kPostingDecodedBytesMax, room);
}

Result<ChunkHead> read_head(ByteReader& in) {
  ChunkHead head;
  if (in.number_to(1) == 1) head.unit = kMicrosPerSecond;
  head.lists = in.count();
  head.first_hash = static_cast<std::int64_t>(in.fixed64());
  head.hash_bytes = in.byte();
  if (head.lists == 0 || head.hash_bytes > sizeof head.first_hash || (head.lists - 1) * head.hash_bytes > in.left())
    return damaged();
  return head;
}

bool read_place(std::uint64_t number, std::int64_t& place, Posting& posting) {
  const std::uint64_t folded = number >> kFlagBits;
  place += static_cast<std::int64_t>(folded >> 1) ^ -static_cast<std::int64_t>(folded & 1);
  if (place < 0 || place >= static_cast<std::int64_t>(kPartEventsMax)) return false;
  posting.position = static_cast<std::uint32_t>(place);
  posting.by = (number & 1) != 0;
  posting.on = (number & 2) != 0;
  posting.outcome = static_cast<Outcome>(number >> 2 & 3);
  return true;
}

// One list's postings from the streams of places and of times, which are of all lists.
Result<void> read_places(ByteReader& in, std::span<Posting> postings) {
  std::int64_t place = 0;
  for (Posting& posting : postings)
    if (!read_place(in.number(), place, posting)) return damaged();
  return {};
}

Result<void> read_times(ByteReader& in, std::int32_t day, std::int64_t unit, std::span<Posting> postings) {
  const std::int64_t start_us = day_start(day);
  const auto most = static_cast<std::uint64_t>(kMicrosPerDay / unit);
  std::uint64_t time = 0;
  for (Posting& posting : postings) {
    time += in.number_to(most);
    if (time >= most) return damaged();
    posting.time_us = start_us + static_cast<std::int64_t>(time) * unit;
  }
  return {};
}

// Where one list's numbers stand among those of all lists.
struct ListPlace {
  bool found = false;
  std::size_t before = 0, n = 0, behind = 0;
};

// Reads hashes and sizes; `in` is at the places then.
Result<ListPlace> find_list(ByteReader& in, const ChunkHead& head, std::int64_t wanted) {
  std::int64_t hash = head.first_hash;
  std::size_t index = hash == wanted ? 0 : head.lists;
  for (std::size_t i = 1; i < head.lists; ++i) {
    hash = wrapping_sum(hash, static_cast<std::int64_t>(in.fixed(head.hash_bytes)));
    if (hash == wanted) index = i;
  }
  ListPlace place;
  for (std::size_t i = 0; i < head.lists; ++i) {
    const auto n = static_cast<std::size_t>(in.number_to(kPartEventsMax));
    (i < index ? place.before : i == index ? place.n : place.behind) += n;
  }
  place.found = index < head.lists;
  // Each of them takes a byte at least.
  if (in.failed() || place.before + place.n + place.behind > in.left()) return damaged();
  return place;
}

// A chunk that is read up to the places of one list.
struct OpenList {
  ByteReader in;  // of memory that the thread's next chunk takes
  std::int64_t unit;
  ListPlace list;
};

Result<OpenList> open_list(std::string_view bytes, std::int64_t hash) {
  const auto section = unpack_chunk(bytes);
  if (!section) return section.error();
  ByteReader in(*section);
  const auto head = read_head(in);
  if (!head) return head.error();
  const auto list = find_list(in, *head, hash);
  if (!list) return list.error();
  return OpenList{in, head->unit, *list};
}

Result<void> read_chunk(std::string_view bytes, std::int32_t day, PostingTable& table) {
  const auto section = unpack_chunk(bytes);
  if (!section) return section.error();
  ByteReader in(*section);
  const auto head = read_head(in);
  if (!head) return head.error();
  const std::size_t first_list = table.lists.size(), first = table.postings.size();
  std::int64_t hash = head->first_hash;
  for (std::size_t i = 0; i < head->lists; ++i) {
    if (i > 0) hash = wrapping_sum(hash, static_cast<std::int64_t>(in.fixed(head->hash_bytes)));
    table.lists.push_back({hash, 0});
  }
  std::size_t total = first;
  for (std::size_t i = first_list; i < table.lists.size(); ++i) {
    const auto n = static_cast<std::size_t>(in.number_to(kPartEventsMax));
    if (n > in.left()) return damaged();
    total += n;
    table.lists[i].end = static_cast<std::uint32_t>(total);
  }
  if (in.failed() || total - first > in.left()) return damaged();
  table.postings.resize(total);
  const auto postings_of = [&](std::size_t list) {
    const std::size_t begin = list == first_list ? first : table.lists[list - 1].end;
    return std::span(table.postings).subspan(begin, table.lists[list].end - begin);
  };
  for (std::size_t i = first_list; i < table.lists.size(); ++i)
    if (auto ok = read_places(in, postings_of(i)); !ok) return ok;
  for (std::size_t i = first_list; i < table.lists.size(); ++i)
    if (auto ok = read_times(in, day, head->unit, postings_of(i)); !ok) return ok;
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
  return read_chunk(bytes, day, table);
}

Result<std::vector<Posting>> decode_posting_list(std::string_view bytes, std::int32_t day, std::int64_t hash) {
  auto opened = open_list(bytes, hash);
  if (!opened) return opened.error();
  auto& [in, unit, list] = *opened;
  std::vector<Posting> postings(list.n);
  in.skip_numbers(list.before);
  if (auto ok = read_places(in, postings); !ok) return ok.error();
  in.skip_numbers(list.behind + list.before);
  if (auto ok = read_times(in, day, unit, postings); !ok) return ok.error();
  in.skip_numbers(list.behind);
  if (!in.finished()) return damaged();
  return postings;
}

Result<std::size_t> count_posting_list(std::string_view bytes, std::int64_t hash, bool by, bool on) {
  auto opened = open_list(bytes, hash);
  if (!opened) return opened.error();
  auto& [in, unit, list] = *opened;
  if (by && on) return list.n;
  std::size_t n = 0;
  in.skip_numbers(list.before);
  for (std::size_t i = 0; i < list.n; ++i) {
    const std::uint64_t number = in.number();
    if ((by && (number & 1) != 0) || (on && (number & 2) != 0)) ++n;
  }
  if (in.failed()) return damaged();
  return n;
}

}  // namespace backtrail::schema
