// Why a record could not be stored: the catalogue of reasons. A record in quarantine keeps its bytes and can be looked
// at.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/core/error.hpp"
#include "schema/core/hash.hpp"

namespace backtrail::ingest {

namespace reason {
inline constexpr std::string_view kEncoding = "encoding";           // damaged gzip, zip or zstd
inline constexpr std::string_view kBomb = "bomb";                   // decompresses beyond the budget
inline constexpr std::string_view kSyntax = "syntax";               // not JSON
inline constexpr std::string_view kTruncated = "truncated";         // JSON that ends too early
inline constexpr std::string_view kUtf8 = "utf8";                   // invalid UTF-8
inline constexpr std::string_view kString = "string";               // a lone surrogate or bad escape
inline constexpr std::string_view kControl = "control_character";   // a raw control character in a string
inline constexpr std::string_view kDuplicateKey = "dup_key";        // an object with the same key twice
inline constexpr std::string_view kNulKey = "nul_key";              // U+0000 in a key
inline constexpr std::string_view kNumber = "number";               // a number no reader would keep exactly
inline constexpr std::string_view kTooLarge = "too_large";          // beyond a limit on size, depth or count
inline constexpr std::string_view kUnknownShape = "unknown_shape";  // JSON, but neither finding nor event
inline constexpr std::string_view kSchema = "schema";               // a needed field is missing or of the wrong type
inline constexpr std::string_view kAccount = "account";             // no account of 12 digits
inline constexpr std::string_view kMissingId = "missing_id";        // a finding without an id
inline constexpr std::string_view kTime = "time";                   // no usable time stamp
inline constexpr std::string_view kTooOld = "too_old";              // older than the retention
inline constexpr std::string_view kAccountMismatch = "account_mismatch";  // an account that the key may not write
inline constexpr std::string_view kRefused = "refused";                   // the database refused the row's values

inline constexpr std::array kAll{kEncoding,     kBomb,   kSyntax, kTruncated,       kUtf8,         kString, kControl,
                                 kDuplicateKey, kNulKey, kNumber, kTooLarge,        kUnknownShape, kSchema, kAccount,
                                 kMissingId,    kTime,   kTooOld, kAccountMismatch, kRefused};
}  // namespace reason

struct QuarantinedRecord {
  std::string_view reason;  // one of reason::kAll
  std::string detail;       // for people; no record content
  std::string account_id;   // "" when none could be read
  std::uint64_t position = 0;
  std::string raw;
};

// The reason that an error's detail begins with ("dup_key: …"); the rest is the detail.
QuarantinedRecord quarantined(const schema::Error& error, std::string_view raw, std::uint64_t position);

// The same bytes refused for the same reason and account are one quarantine row.
schema::Uuid quarantine_id(const QuarantinedRecord& record);

}  // namespace backtrail::ingest
