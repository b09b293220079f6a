// A part: a sealed run of one account's events of one day and class, as everything that is stored of it. It never
// changes. encode_part and decode_part are inverse: every byte of every event comes back, which the sealer checks
// before it removes a row. The formats are in FORMAT.md.
//
// Pure; thread-safe. Memory: what the events take, about twice.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "schema/block_format/block_codec.hpp"
#include "schema/block_format/id_codec.hpp"
#include "schema/block_format/posting_codec.hpp"
#include "schema/block_format/rollup_codec.hpp"
#include "schema/block_format/sealed_event.hpp"
#include "schema/core/error.hpp"

namespace backtrail::schema {

// The blocks of a part together are shorter.
inline constexpr std::uint64_t kBlocksBytesMax = 1U << 30;
// A run of events is cut into parts at either; see kPartEventsMax.
inline constexpr std::size_t kPartRawBytesMax = 64U * 1024 * 1024;

struct EncodedPart {
  std::size_t n = 0;
  EventClass event_class = EventClass::kManagement;
  std::int64_t first_us = 0, last_us = 0;
  std::vector<EncodedBlock> blocks;
  std::vector<PostingChunk> postings;
  std::vector<IdChunk> ids;
  std::string rollup;
  std::array<std::uint8_t, 32> digest{};  // BLAKE2b of all bytes above, each piece after its size
  bool operator==(const EncodedPart&) const = default;
};

// Events of one day and class, in the order of comes_before, 1 to kPartEventsMax.
EncodedPart encode_part(std::span<const SealedEvent> events, std::int32_t day);

// The events with what they name. kBadRecord also when blocks, posting lists, ids and rollup do not tell the same.
Result<std::vector<SealedEvent>> decode_part(const EncodedPart& part, std::int32_t day);

std::array<std::uint8_t, 32> digest_of(const EncodedPart& part);

// The posting lists of events, in the order of their hashes.
PostingTable postings_of(std::span<const SealedEvent> events);

// In which block an event stands, and where the block lies among the bytes of all blocks, which are one behind the
// other. Blocks have kBlockEvents events but for large records.
std::string block_layout(const std::vector<EncodedBlock>& blocks);
// Columns, then records.
struct BlockExtent {
  std::uint32_t first_byte = 0, columns_bytes = 0, records_bytes = 0;
};
class BlockMap {
 public:
  static Result<BlockMap> of(std::string_view layout, std::size_t n);
  struct Place {
    std::uint32_t block, index;
    BlockExtent extent;
  };
  Place place_of(std::uint32_t position) const;
  const std::vector<BlockExtent>& extents() const { return extents_; }

 private:
  std::vector<BlockExtent> extents_;
  std::vector<std::uint32_t> starts_;  // empty: all have kBlockEvents
};

}  // namespace backtrail::schema
