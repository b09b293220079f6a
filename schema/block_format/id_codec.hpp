// The event ids of a part: the first 24 bits of each, with its place in the part. A late duplicate of a sealed event,
// and an event asked for by its id, are found by them; the block that holds the place says the whole id.
//
// The lists are also searched by SQL (query/sql/event_sealed_ids.sql). The format is in FORMAT.md. Decoders take any
// bytes (kBadRecord). Pure; thread-safe.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/core/error.hpp"
#include "schema/core/hash.hpp"

namespace backtrail::schema {

// What is kept of an id: of 32,768 others one in 500 begins alike, which costs a look into a block.
inline constexpr std::size_t kIdKeyBytes = 3;
// Ids of a chunk, 1.9 kB.
inline constexpr std::size_t kIdChunkIds = 380;

struct IdChunk {
  std::int64_t first_key = 0, last_key = 0;
  std::string bytes;
  bool operator==(const IdChunk&) const = default;
};
struct IdPlace {
  std::uint32_t key = 0;
  std::uint32_t position = 0;
  auto operator<=>(const IdPlace&) const = default;
};

std::uint32_t id_key(const Uuid& event_id);
// Ids with one key share a chunk. The ids are in the order of their positions.
std::vector<IdChunk> encode_ids(std::span<const Uuid> event_ids);
// In the order of keys.
Result<std::vector<IdPlace>> decode_ids(std::string_view bytes);

}  // namespace backtrail::schema
