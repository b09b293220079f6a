// Posting lists: for each entity of a part the events that it made or that name it, with time, place in the part and
// outcome, so that activity is counted and listed without opening blocks. The format is in FORMAT.md.
//
// The list of kAllEvents has every event of the part. Lists come in chunks of some kilobytes, ordered by hash; a long
// list is a chunk of its own. Decoders take any bytes (kBadRecord). Pure; thread-safe.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/core/error.hpp"
#include "schema/model/api_event.hpp"

namespace backtrail::schema {

// Stands for every event: no entity has this hash.
inline constexpr std::int64_t kAllEvents = 0;
// Positions are below this.
inline constexpr std::size_t kPartEventsMax = 32'768;
// Bytes before packing at which a chunk ends. A question unpacks a chunk for every day and account: with 3,500 bytes an
// event takes 2 bytes less, and a list three times as long to read.
inline constexpr std::size_t kPostingChunkBytes = 1'500;
inline constexpr std::size_t kPostingDecodedBytesMax = 4U * 1024 * 1024;

struct Posting {
  std::int64_t time_us = 0;
  std::uint32_t position = 0;  // in the part
  bool by = false, on = false;
  Outcome outcome = Outcome::kOk;
  bool operator==(const Posting&) const = default;
};

// Lists in the order of their hashes, one behind the other.
struct PostingTable {
  struct List {
    std::int64_t hash = 0;
    std::uint32_t end = 0;  // behind its last posting
    bool operator==(const List&) const = default;
  };
  std::vector<List> lists;
  std::vector<Posting> postings;  // of each list by time, then position

  std::size_t begin_of(std::size_t list) const { return list == 0 ? 0 : lists[list - 1].end; }
  std::span<const Posting> of(std::size_t list) const {
    return std::span(postings).subspan(begin_of(list), lists[list].end - begin_of(list));
  }
  bool operator==(const PostingTable&) const = default;
};

struct PostingChunk {
  std::int64_t first_hash = 0, last_hash = 0;
  std::string bytes;
  bool operator==(const PostingChunk&) const = default;
};

// Times lie on `day`.
std::vector<PostingChunk> encode_postings(const PostingTable& table, std::int32_t day);
// Adds the chunk's lists. After an error the table is of no use.
Result<void> decode_postings(std::string_view bytes, std::int32_t day, PostingTable& table);
// One of the chunk's lists; nothing when it has none for the hash.
Result<std::vector<Posting>> decode_posting_list(std::string_view bytes, std::int32_t day, std::int64_t hash);
// How many postings that list has: made by the entity, naming it, or either.
Result<std::size_t> count_posting_list(std::string_view bytes, std::int64_t hash, bool by, bool on);

}  // namespace backtrail::schema
