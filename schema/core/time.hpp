// UTC time stamps as microseconds since 1970-01-01T00:00:00Z, and the strict RFC 3339 reader and writer.
//
// PostgreSQL's own parser takes 'infinity', 'now' and zone-less text, and rounds .9999999 into the next day; therefore
// times are parsed here and sent as numbers. Pure functions; thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/core/error.hpp"

namespace backtrail::schema {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerHour = 3600 * kMicrosPerSecond;
inline constexpr std::int64_t kMicrosPerDay = 24 * kMicrosPerHour;
// PostgreSQL counts from 2000-01-01.
inline constexpr std::int64_t kPostgresEpochUs = 946'684'800 * kMicrosPerSecond;

struct ParsedTime {
  std::int64_t us;
  bool leap_second;  // 23:59:60 was given; stored as 23:59:59.999999 of its own day
};

// RFC 3339 date-time with a zone: 'T', 't' or one space between date and time; fraction truncated (never rounded) to
// microseconds; 'Z', 'z' or ±hh:mm. Years 1970..9999. Anything else is kBadTime.
Result<ParsedTime> parse_rfc3339(std::string_view text);

// "2026-11-20T10:00:00Z", or with six digits of fraction when it is not zero.
std::string format_rfc3339(std::int64_t us);
// "2026-11-20"
std::string format_day(std::int32_t day);
// "2026-11-20" to days since 1970-01-01.
Result<std::int32_t> parse_day(std::string_view text);
// "90d", "24h", "30m", "45s" to microseconds; positive, at most 3650 days.
Result<std::int64_t> parse_duration(std::string_view text);

// Days since 1970-01-01, floor.
constexpr std::int32_t day_of(std::int64_t us) {
  return static_cast<std::int32_t>(us >= 0 ? us / kMicrosPerDay : -((-us + kMicrosPerDay - 1) / kMicrosPerDay));
}
constexpr std::int64_t day_start(std::int32_t day) {
  return std::int64_t{day} * kMicrosPerDay;
}

// The wall clock. Decisions take the time as an argument; only the rim calls this.
std::int64_t now_us();
// For waiting and ages within one process: never steps, its zero means nothing.
std::int64_t monotonic_ms();

// Half-open interval of UTC microseconds.
struct TimeRange {
  std::int64_t from_us = 0;
  std::int64_t to_us = 0;
  bool operator==(const TimeRange&) const = default;
};

struct CivilDate {
  int year;
  unsigned month, day;
};
CivilDate civil_of(std::int32_t day);
std::int32_t day_from_civil(int year, unsigned month, unsigned day);

}  // namespace backtrail::schema
