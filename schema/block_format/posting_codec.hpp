// Posting lists: for each entity of a part the events that it made or that name it, with time, place in the part and
// outcome, so that activity is counted and listed without opening blocks. The format is in FORMAT.md.
//
// The list of kAllEvents has every event of the part. Lists of principals and of kAllEvents also say which API was
// called, as a place in the part's list of names (rollup_codec.hpp). Lists come in chunks of some kilobytes, ordered by
// hash; a long list is a chunk of its own. Decoders take any bytes (kBadRecord). Pure; thread-safe.
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
// Bytes before packing at which a chunk ends. A packed one then fits into a database page beside others.
inline constexpr std::size_t kPostingChunkBytes = 2'400;
inline constexpr std::size_t kPostingDecodedBytesMax = 4U * 1024 * 1024;

struct Posting {
  std::int64_t time_us = 0;
  std::uint32_t position = 0;  // in the part
  bool by = false, on = false;
  Outcome outcome = Outcome::kOk;
  std::uint32_t name = 0;  // of lists with names
  bool operator==(const Posting&) const = default;
};

struct PostingList {
  std::int64_t hash = 0;
  bool has_names = false;
  std::vector<Posting> postings;  // by time, then position
  bool operator==(const PostingList&) const = default;
};

struct PostingChunk {
  std::int64_t first_hash = 0, last_hash = 0;
  std::string bytes;
};

// `lists` are in the order of their hashes. Times lie on `day`.
std::vector<PostingChunk> encode_postings(std::span<const PostingList> lists, std::int32_t day);
Result<std::vector<PostingList>> decode_postings(std::string_view bytes, std::int32_t day);
// One of the chunk's lists; without postings when it has none for the hash.
Result<PostingList> decode_posting_list(std::string_view bytes, std::int32_t day, std::int64_t hash);

}  // namespace backtrail::schema
