// A block of a sealed part: up to 128 events of one account, day and class, their columns together and their records
// together. The format is in FORMAT.md.
//
// Decoders take any bytes: what is not a block is kBadRecord, and memory stays bounded (kBlockDecodedBytesMax). Pure;
// thread-safe.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/block_format/raw_codec.hpp"
#include "schema/block_format/sealed_event.hpp"
#include "schema/core/error.hpp"

namespace backtrail::schema {

// A block is cut at either; one event larger than the bytes is a block of its own.
inline constexpr std::size_t kBlockEvents = 128;
inline constexpr std::size_t kBlockRawBytes = 1024 * 1024;
// What a decoder accepts.
inline constexpr std::size_t kBlockEventsMax = 128;
inline constexpr std::size_t kBlockDecodedBytesMax = kRawMaxBytes + 2 * kBlockRawBytes;

struct EncodedBlock {
  std::size_t n = 0;
  std::string columns, raw;
  bool operator==(const EncodedBlock&) const = default;
};

// 1 to kBlockEventsMax events of one class.
EncodedBlock encode_block(std::span<const SealedEvent> events);

// Texts of a column: each distinct one once.
struct TextColumn {
  std::vector<std::string> values;
  std::vector<std::uint32_t> index;  // of each event, into values
  const std::string& of(std::size_t event) const { return values[index[event]]; }
};

struct BlockColumns {
  EventClass event_class = EventClass::kManagement;
  std::vector<Uuid> event_id, content_fp;
  std::vector<std::int64_t> event_time_us, received_us;
  std::array<std::vector<std::int64_t>, kByColumns> by;
  std::vector<std::int32_t> flags;
  std::vector<Outcome> outcome;
  std::vector<std::int8_t> read_only;
  TextColumn region, service, api, error_code;

  std::size_t size() const { return event_id.size(); }
};

// How many events a block's columns say they have; 0 when they are no columns.
std::size_t block_events(std::string_view columns);
Result<BlockColumns> decode_columns(std::string_view columns);
// The exact bytes of every event of the block; or of some, by their places, and nothing of the others: a page needs
// few.
Result<std::vector<std::string>> decode_records(std::string_view raw, std::span<const Uuid> event_ids);
Result<std::vector<std::string>> decode_records(std::string_view raw, std::span<const Uuid> event_ids,
                                                std::span<const std::uint32_t> wanted);
// Both; without mentions, which stand in the posting lists.
Result<std::vector<SealedEvent>> decode_block(std::string_view columns, std::string_view raw);

}  // namespace backtrail::schema
