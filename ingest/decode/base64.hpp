// Base64 as RFC 4648 §4 writes it, and nothing else: the standard alphabet, padded, no white space, no stray bits.
//
// Why so strict: two readers that forgive differently would see different bytes in one record. Pure; thread-safe.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace backtrail::ingest {

// Nothing when the text is not base64. Empty text is zero bytes.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace backtrail::ingest
