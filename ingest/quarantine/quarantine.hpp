// Why a record could not be stored: the catalogue of reasons. A record in quarantine keeps its bytes, is listed with
// its reason and what to do about it, and can be replayed (replay.hpp).
//
// A reason is the first word of an error's detail ("dup_key: …"), so that whoever refuses names it where it refuses.
// Every entry of the catalogue has a case in tests/unit/ingest/quarantine_test.cpp that provokes it. Values only.
#pragma once
#include <array>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "ingest/receipt.hpp"
#include "schema/core/error.hpp"
#include "schema/core/hash.hpp"

namespace backtrail::ingest {

namespace reason {
inline constexpr std::string_view kEncoding = "encoding";
inline constexpr std::string_view kBomb = "bomb";
inline constexpr std::string_view kSyntax = "syntax";
inline constexpr std::string_view kTruncated = "truncated";
inline constexpr std::string_view kUtf8 = "utf8";
inline constexpr std::string_view kString = "string";
inline constexpr std::string_view kControl = "control_character";
inline constexpr std::string_view kDuplicateKey = "dup_key";
inline constexpr std::string_view kNulKey = "nul_key";
inline constexpr std::string_view kNumber = "number";
inline constexpr std::string_view kTooLarge = "too_large";
inline constexpr std::string_view kUnknownShape = "unknown_shape";
inline constexpr std::string_view kSchema = "schema";
inline constexpr std::string_view kAccount = "account";
inline constexpr std::string_view kMissingId = "missing_id";
inline constexpr std::string_view kTime = "time";
inline constexpr std::string_view kTooOld = "too_old";
inline constexpr std::string_view kAccountMismatch = "account_mismatch";
inline constexpr std::string_view kRefused = "refused";
inline constexpr std::string_view kInternalError = "internal_error";
}  // namespace reason

struct Reason {
  std::string_view code;
  std::string_view meaning;  // what was wrong
  std::string_view advice;   // what a person does about it, in one sentence
};

inline constexpr std::array kReasons{
    Reason{reason::kEncoding, "damaged gzip, zip, zstd or base64",
           "Have the sender transmit it again: the bytes were damaged before they arrived."},
    Reason{reason::kBomb, "decompresses beyond the budget",
           "Look at who sent it: no AWS service compresses like this; split the file if it is your own export."},
    Reason{reason::kSyntax, "no JSON", "Look at the bytes: something that is no JSON is sent or stored there."},
    Reason{reason::kTruncated, "JSON that ends inside a value",
           "Fetch the object again once it is complete: its end was missing."},
    Reason{reason::kUtf8, "invalid UTF-8", "Have the producer write UTF-8: text in another encoding is not guessed."},
    Reason{reason::kString, "a lone surrogate or a bad escape in a string",
           "Have the producer write valid JSON escapes: half a character has no text."},
    Reason{reason::kControl, "a raw control character in a string",
           "Have the producer escape control characters in its JSON strings."},
    Reason{reason::kDuplicateKey, "an object with the same key twice",
           "Ask who made it: readers disagree which of the two counts, so it may be an attempt to mislead."},
    Reason{reason::kNulKey, "U+0000 in a key", "Ask who made it: no AWS record has such a key."},
    Reason{reason::kNumber, "no JSON number, or one that no reader would keep exactly",
           "Have the producer write the number as text, or as a valid JSON number."},
    Reason{reason::kTooLarge, "beyond a limit on size, depth or count",
           "Split the record if it is your own; the limits are above every maximum of AWS."},
    Reason{reason::kUnknownShape, "JSON of a form that is not known",
           "Check that the rule or trail sends findings or CloudTrail records here; replay it after an update that "
           "knows its form."},
    Reason{reason::kSchema, "a needed field is missing or of the wrong type",
           "Compare it with the sender's format; replay it after an update if the sender is right."},
    Reason{reason::kAccount, "no account of 12 digits",
           "Have the producer send the account id as 12 digits with its leading zeros."},
    Reason{reason::kMissingId, "a finding without an id",
           "Have the producer send an id: without one every update would be another finding."},
    Reason{reason::kTime, "no usable time stamp",
           "Have the producer send RFC 3339 times with a zone, near the present."},
    Reason{reason::kTooOld, "older than the retention",
           "Raise the retention if it matters ('backtrail retention'), then replay it before it expires here."},
    Reason{reason::kAccountMismatch, "an account that the sender's key may not write",
           "Find out who uses the key; give the sender a key for that account and have it send again."},
    Reason{reason::kRefused, "the database refused the row",
           "Report it: the program should have refused it earlier; replay it after an update."},
    Reason{reason::kInternalError, "the program failed on it",
           "Report it with its bytes: it is a mistake of the program; replay it after an update."},
};

// The entry of a code; nothing for codes of other versions.
const Reason* find_reason(std::string_view code);

// Which version of the program refused a record: a newer one may be able to read it.
std::string_view parser_version();

struct QuarantinedRecord {
  std::string_view reason;  // the code of an entry of kReasons
  std::string detail;       // for people; no record content
  std::string account_id;   // "" when none could be read
  std::uint64_t position = 0;
  std::string raw;
  RecordKind kind = RecordKind::kUnknown;  // what it was meant to be
  bool retried = false;                    // a replayed record that is refused again: its row is brought up to date
};

// The reason that an error's detail begins with ("dup_key: …"); the rest is the detail.
QuarantinedRecord quarantined(const schema::Error& error, std::string_view raw, std::uint64_t position,
                              RecordKind kind = RecordKind::kUnknown);

// What an exception that nobody expected says of the record that provoked it: its type, because its text may quote the
// record.
schema::Error internal_error(const std::exception& exception);

// The same bytes refused for the same reason and account are one quarantine row.
schema::Uuid quarantine_id(const QuarantinedRecord& record);

}  // namespace backtrail::ingest
