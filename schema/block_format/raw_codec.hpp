// How the exact bytes of a record are stored: packed (packed.hpp) with the trained dictionary, one record at a time.
// Thread-safe.
#pragma once
#include <string>
#include <string_view>

#include "schema/core/error.hpp"

namespace backtrail::schema {

// The largest record that is stored; anything above is quarantined before it comes here.
inline constexpr std::size_t kRawMaxBytes = 64 * 1024 * 1024;

void append_encoded_raw(std::string_view bytes, std::string& out);
// Bytes that are stored as they are: records that come out of a part are handed on like this.
inline bool is_plain_raw(std::string_view stored) {
  return !stored.empty() && stored.front() == '\0';
}
inline std::string_view plain_raw(std::string_view stored) {
  return stored.substr(1);
}
// kBadRecord when the stored bytes are damaged.
Result<std::string> decode_raw(std::string_view stored);

}  // namespace backtrail::schema
