// Small text functions that the HTTP code shares: ASCII comparison, percent-decoding, escaping for logs, dates.
//
// All are pure, thread-safe and locale-free; none of them throws except for lack of memory.
#pragma once
#include <cstddef>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backtrail::api {

[[nodiscard]] bool equal_ignore_case(std::string_view a, std::string_view b) noexcept;

// Removes spaces and tabs at both ends.
[[nodiscard]] std::string_view trim_space(std::string_view text) noexcept;

// RFC 9110 token: what a method or a field name is made of.
[[nodiscard]] bool is_token(std::string_view text) noexcept;

// A field value without control characters (a tab is allowed).
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

// The comma-separated elements of a header, trimmed, empty ones left out. Views into `text`.
[[nodiscard]] std::vector<std::string_view> split_list(std::string_view text);

// Decodes %XX exactly once. Nothing is returned for a broken escape, a NUL or what is not UTF-8 afterwards, so that no
// later layer has to think about them.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

// Everything but printable ASCII becomes \xNN (and a backslash \\), cut after `bytes_max` bytes of input: a peer's text
// can neither forge a log line nor talk to a terminal.
[[nodiscard]] std::string escape_for_log(std::string_view text, std::size_t bytes_max = 512);

// "Sun, 06 Nov 1994 08:49:37 GMT"
[[nodiscard]] std::string http_date(std::time_t seconds);

}  // namespace backtrail::api
