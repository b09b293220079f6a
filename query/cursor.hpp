// Opaque keyset cursors: where the next page of one question starts.
//
// A cursor carries its kind ("activity", "findings", …), a hash of the question and the values of the last row's sort
// key. Given to another question it is an error, never a wrong page. It grants nothing: whoever forges one only chooses
// where the own listing starts, because values travel as SQL parameters and the account scope comes from the caller.
// Decoding never throws; what we did not issue is kBadCursor. The parts come back as text: whoever asked checks their
// form. Pure functions over values: thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/core/error.hpp"

namespace backtrail::query {

// The longest cursor text that is looked at; sort keys are far shorter.
inline constexpr std::size_t kCursorMaxChars = 4096;

// The same in every process and release, so that a cursor may be answered by another server.
std::uint64_t question_hash(std::string_view canonical);

// `parts` together must stay below kCursorMaxChars * 3 / 4; longer ones give a cursor that decode_cursor refuses.
std::string encode_cursor(std::string_view kind, std::uint64_t question_hash, const std::vector<std::string>& parts);

// Exactly `parts` parts, or kBadCursor.
schema::Result<std::vector<std::string>> decode_cursor(std::string_view kind, std::uint64_t question_hash,
                                                       std::string_view cursor, std::size_t parts);

// RFC 4648 §5 without padding; decoding accepts only what encoding gives (no padding, no stray bits).
std::string base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace backtrail::query
