// The records of a block, unpacked and ready to give single ones: for whoever asks a block again and again. Otherwise
// as decode_records (block_codec.hpp). Pure; reading is thread-safe.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/core/error.hpp"
#include "schema/core/hash.hpp"

namespace backtrail::schema {

struct OpenRecords {
  std::vector<Uuid> uuids;
  std::string bytes;  // lengths and bodies
};

Result<OpenRecords> open_records(std::string_view raw);
// The wanted ones by their places, the others empty.
Result<std::vector<std::string>> read_records(const OpenRecords& records, std::span<const Uuid> event_ids,
                                              std::span<const std::uint32_t> wanted);

}  // namespace backtrail::schema
