// Undoes gzip, zip and zstd by their magic bytes, whatever a header or file name says, within a budget of output bytes.
//
// Every member of a gzip stream and every entry of a zip is decoded; containers inside containers to kMaxNesting.
// Source of the magic bytes: RFC 1952, RFC 8878, APPNOTE.TXT. Pure; thread-safe.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/core/error.hpp"

namespace backtrail::ingest {

struct DecodeLimits {
  std::size_t output_bytes_max = 64U * 1024 * 1024 + 1024 * 1024;  // the largest body that a sender of AWS makes
  std::size_t ratio_max = 200;                                     // output : input …
  std::size_t ratio_free_bytes = 1024 * 1024;                      // … once the output is larger than this
};
inline constexpr int kMaxNesting = 3;

enum class Container { kNone, kGzip, kZip, kZstd };
Container container_of(std::string_view bytes);

// A decoded document. `text` is followed by at least schema::kJsonPaddingBytes readable bytes.
struct Document {
  std::string text;
  std::string name;  // the zip entry's name, else ""
};

struct DecodeFailure {
  schema::Error error;   // detail begins with the reason word: "encoding" or "bomb"
  std::string_view raw;  // the damaged bytes
};

struct Decoded {
  std::vector<Document> documents;
  std::vector<DecodeFailure> failures;  // intact parts are in `documents` all the same
};

// `bytes` must outlive the result's failures.
Decoded decode(std::string_view bytes, const DecodeLimits& limits);

// A string with room behind its end for the JSON parser.
void pad(std::string& text);

}  // namespace backtrail::ingest
