#include "schema/block_format/posting_codec.hpp"

#include <algorithm>
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

// One chunk; each kind of number in a stream of its own, because like packs well with like.
class ChunkWriter {
 public:
  explicit ChunkWriter(std::int32_t day) : start_us_(day_start(day)) {}

  void add(const PostingList& list) {
    lists_.push_back(&list);
    for (const auto& posting : list.postings)
      seconds_ = seconds_ && (posting.time_us - start_us_) % kMicrosPerSecond == 0;
    // Two bytes a place, two a time, or there about: the chunk is cut by this guess.
    guess_ += kBytesPerList + kBytesPerPosting * list.postings.size();
  }
  bool empty() const { return lists_.empty(); }
  bool full() const { return guess_ >= kPostingChunkBytes; }

  PostingChunk finish() {
    ByteWriter hashes, sizes, places, times, names;
    const std::int64_t unit = seconds_ ? kMicrosPerSecond : 1;
    std::int64_t hash_before = lists_.front()->hash;
    for (const PostingList* list : lists_) {
      hashes.number(static_cast<std::uint64_t>(wrapping_difference(list->hash, hash_before)));
      hash_before = list->hash;
      sizes.number(list->postings.size() << 1 | (list->has_names ? 1 : 0));
      std::int64_t place_before = 0, time_before = 0;
      for (const auto& posting : list->postings) {
        const std::int64_t place = posting.position;
        places.number(ByteWriter::fold(place - place_before) << kFlagBits | flags_of(posting));
        place_before = place;
        const std::int64_t time = (posting.time_us - start_us_) / unit;
        times.number(static_cast<std::uint64_t>(time - time_before));
        time_before = time;
        if (list->has_names) names.number(posting.name);
      }
    }
    ByteWriter section;
    section.byte(seconds_ ? 1 : 0);
    section.number(lists_.size());
    section.fixed64(static_cast<std::uint64_t>(lists_.front()->hash));
    for (auto* stream : {&hashes, &sizes, &places, &times, &names}) section.raw(stream->bytes());
    PostingChunk chunk{lists_.front()->hash, lists_.back()->hash, {static_cast<char>(kFormat)}};
    append_packed(section.bytes(), PackWith::kNothing, chunk.bytes);
    return chunk;
  }

 private:
  static constexpr std::size_t kBytesPerList = 9, kBytesPerPosting = 4;
  std::int64_t start_us_;
  std::vector<const PostingList*> lists_;
  bool seconds_ = true;
  std::size_t guess_ = 0;
};

Error damaged() {
  return fail(Code::kBadRecord, "posting lists are damaged");
}

// All lists of the chunk, or the postings of one only.
Result<std::vector<PostingList>> read_chunk(std::string_view bytes, std::int32_t day,
                                            std::optional<std::int64_t> wanted) {
  ByteReader head(bytes);
  if (head.byte() != kFormat) return fail(Code::kBadRecord, "posting lists have an unknown format");
  const auto section = unpack(head.rest(), kPostingDecodedBytesMax);
  if (!section) return section.error();
  ByteReader in(*section);
  const bool seconds = in.number_to(1) == 1;
  const std::int64_t unit = seconds ? kMicrosPerSecond : 1;
  const std::size_t lists = in.count();
  std::int64_t hash = static_cast<std::int64_t>(in.fixed64());
  std::vector<PostingList> read;
  // Which of the following numbers belong to whom.
  struct Extent {
    std::size_t n;
    bool has_names;
    std::size_t list;  // in `read`; lists that are not wanted have none
  };
  constexpr auto kSkip = static_cast<std::size_t>(-1);
  std::vector<Extent> extents(lists);
  for (auto& extent : extents) {
    hash = wrapping_sum(hash, static_cast<std::int64_t>(in.number()));
    extent.list = kSkip;
    if (wanted && *wanted != hash) continue;
    extent.list = read.size();
    read.push_back({hash, false, {}});
  }
  for (auto& extent : extents) {
    const std::uint64_t size = in.number();
    extent.n = static_cast<std::size_t>(size >> 1);
    extent.has_names = (size & 1) != 0;
    if (extent.n > kPartEventsMax || extent.n > in.left()) return damaged();
    if (extent.list == kSkip) continue;
    read[extent.list].has_names = extent.has_names;
    read[extent.list].postings.resize(extent.n);
  }
  for (const auto& extent : extents) {
    std::int64_t place = 0;
    for (std::size_t i = 0; i < extent.n; ++i) {
      const std::uint64_t number = in.number();
      if (extent.list == kSkip) continue;
      const std::uint64_t folded = number >> kFlagBits;
      place += static_cast<std::int64_t>(folded >> 1) ^ -static_cast<std::int64_t>(folded & 1);
      if (place < 0 || place >= static_cast<std::int64_t>(kPartEventsMax)) return damaged();
      Posting& posting = read[extent.list].postings[i];
      posting.position = static_cast<std::uint32_t>(place);
      posting.by = (number & 1) != 0;
      posting.on = (number & 2) != 0;
      posting.outcome = static_cast<Outcome>(number >> 2 & 3);
    }
  }
  const std::int64_t start_us = day_start(day);
  const auto most = static_cast<std::uint64_t>(kMicrosPerDay / unit);
  for (const auto& extent : extents) {
    std::uint64_t time = 0;
    for (std::size_t i = 0; i < extent.n; ++i) {
      time += in.number_to(most);
      if (extent.list == kSkip) continue;
      if (time >= most) return damaged();
      read[extent.list].postings[i].time_us = start_us + static_cast<std::int64_t>(time) * unit;
    }
  }
  for (const auto& extent : extents) {
    if (!extent.has_names) continue;
    for (std::size_t i = 0; i < extent.n; ++i) {
      const auto name = static_cast<std::uint32_t>(in.number_to(kPartEventsMax));
      if (extent.list != kSkip) read[extent.list].postings[i].name = name;
    }
  }
  if (!in.finished()) return damaged();
  return read;
}

}  // namespace

std::vector<PostingChunk> encode_postings(std::span<const PostingList> lists, std::int32_t day) {
  std::vector<PostingChunk> chunks;
  ChunkWriter writer(day);
  const auto cut = [&] {
    if (writer.empty()) return;
    chunks.push_back(writer.finish());
    writer = ChunkWriter(day);
  };
  for (const auto& list : lists) {
    ChunkWriter alone(day);
    alone.add(list);
    if (alone.full()) {
      cut();
      chunks.push_back(alone.finish());
      continue;
    }
    writer.add(list);
    if (writer.full()) cut();
  }
  cut();
  return chunks;
}

Result<std::vector<PostingList>> decode_postings(std::string_view bytes, std::int32_t day) {
  return read_chunk(bytes, day, std::nullopt);
}

Result<PostingList> decode_posting_list(std::string_view bytes, std::int32_t day, std::int64_t hash) {
  auto lists = read_chunk(bytes, day, hash);
  if (!lists) return lists.error();
  if (lists->empty()) return PostingList{hash, false, {}};
  return std::move(lists->front());
}

}  // namespace backtrail::schema
