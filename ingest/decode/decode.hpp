// Undoes gzip, zip and zstd by their magic bytes, whatever a header or file name says, within a budget of output bytes.
//
// Every member of a gzip stream and every entry of a zip is decoded; containers inside containers to kMaxNesting. What
// would need more room than 8 MiB is measured before room is taken, so that a bomb costs no memory.
// Source of the magic bytes: RFC 1952, RFC 8878, APPNOTE.TXT. Pure; thread-safe.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/core/error.hpp"

namespace backtrail::ingest {

struct DecodeLimits {
  std::size_t output_bytes_max = 64U * 1024 * 1024 + 1024 * 1024;  // the largest body that a sender of AWS makes
  std::size_t ratio_max = 200;                                     // all output together : the delivery as sent …
  std::size_t ratio_free_bytes = 1024 * 1024;                      // … once the output is larger than this
};
// How far the output of `input` bytes may grow, all of its parts together.
std::size_t output_limit(std::size_t input, const DecodeLimits& limits);
inline constexpr int kMaxNesting = 3;

enum class Container { kNone, kGzip, kZip, kZstd };
Container container_of(std::string_view bytes);

// A decoded document. `text` is followed by at least schema::kJsonPaddingBytes readable bytes.
struct Document {
  std::string text;
  std::string name;  // the zip entry's name, else ""
};

struct DecodeFailure {
  schema::Error error;  // detail begins with the reason word: "encoding" or "bomb"
  bool is_bomb() const { return error.detail.starts_with("bomb"); }
  std::string_view raw;  // the damaged bytes
};

struct Decoded {
  std::vector<Document> documents;
  std::vector<DecodeFailure> failures;  // intact parts are in `documents` all the same
};

// `bytes` must outlive the result's failures.
Decoded decode(std::string_view bytes, const DecodeLimits& limits);
// The same, one document after the other as they come out: only one of them is in memory. Gives the failures.
std::vector<DecodeFailure> decode_each(std::string_view bytes, const DecodeLimits& limits,
                                       const std::function<void(Document)>& take);

// A string with room behind its end for the JSON parser.
void pad(std::string& text);

}  // namespace backtrail::ingest
