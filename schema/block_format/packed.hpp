// Bytes as a zstd frame when that is shorter, else as they are: the outermost layer of stored records and of everything
// in a sealed part.
//
// Format: one byte says how the rest is stored. 0: the bytes themselves. 1: a zstd frame without dictionary. 2: a zstd
// frame with dictionary 1 (dictionary_v1.zdict, compiled in; it was trained on generated records only). Decoders stay
// as long as rows of their format may exist. Thread-safe: contexts are per thread.
#pragma once
#include <string>
#include <string_view>

#include "schema/core/error.hpp"

namespace backtrail::schema {

// Fast: for single records, see kRowLevel.
enum class PackWith { kNothing, kDictionary, kDictionaryFast };
void append_packed(std::string_view bytes, PackWith with, std::string& out);
// Never makes more than `most_bytes`; kBadRecord when it would have to, or when the bytes are damaged.
Result<std::string> unpack(std::string_view packed, std::size_t most_bytes);
// The same without memory of its own: the bytes stand in `room`, which grows as needed and may be used again and again,
// or in `packed` itself.
Result<std::string_view> unpack(std::string_view packed, std::size_t most_bytes, std::string& room);

}  // namespace backtrail::schema
