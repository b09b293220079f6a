// How the exact bytes of a record are stored: zstd with a trained dictionary, one record at a time.
//
// Format: one byte says how the rest is stored. 0: the bytes themselves. 1: a zstd frame without dictionary. 2: a zstd
// frame with dictionary 1 (dictionary_v1.zdict, compiled in; it was trained on generated records only). Decoders stay
// as long as rows of their format may exist. Thread-safe: contexts are per thread.
#pragma once
#include <string>
#include <string_view>

#include "schema/core/error.hpp"

namespace backtrail::schema {

// The largest record that is stored; anything above is quarantined before it comes here.
inline constexpr std::size_t kRawMaxBytes = 64 * 1024 * 1024;

void append_encoded_raw(std::string_view bytes, std::string& out);
// kBadRecord when the stored bytes are damaged.
Result<std::string> decode_raw(std::string_view stored);

}  // namespace backtrail::schema
