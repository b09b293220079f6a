#include "schema/core/time.hpp"

#include <array>
#include <chrono>
#include <fmt/format.h>

namespace backtrail::schema {
namespace {

// Reads `width` ASCII digits at `at`; -1 when there are fewer.
int digits(std::string_view text, std::size_t at, std::size_t width) {
  if (at + width > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + width; ++i) {
    const char c = text[i];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

unsigned days_in_month(int year, unsigned month) {
  constexpr std::array<unsigned, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

Error bad_time(std::string_view why) {
  return fail(Code::kBadTime, fmt::format("time stamp: {}", why));
}

struct DateParts {
  int year;
  unsigned month, day;
};

Result<DateParts> parse_date(std::string_view text) {
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  if (year < 0 || month < 0 || day < 0 || text.size() < 10 || text[4] != '-' || text[7] != '-')
    return bad_time("not YYYY-MM-DD");
  if (year < 1970 || month < 1 || month > 12) return bad_time("year or month out of range");
  if (day < 1 || static_cast<unsigned>(day) > days_in_month(year, static_cast<unsigned>(month)))
    return bad_time("day out of range");
  return DateParts{year, static_cast<unsigned>(month), static_cast<unsigned>(day)};
}

// Reads an optional fraction at `at`, moving `at` behind it; digits beyond microseconds are cut off.
Result<std::int64_t> parse_fraction(std::string_view text, std::size_t& at) {
  if (at >= text.size() || text[at] != '.') return std::int64_t{0};
  std::int64_t us = 0, unit = 100'000;
  const std::size_t first = ++at;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    us += (text[at] - '0') * unit;
    unit /= 10;
  }
  if (at == first) return bad_time("empty fraction");
  return us;
}

Result<std::int64_t> parse_zone(std::string_view zone) {
  if (zone == "Z" || zone == "z") return std::int64_t{0};
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':')
    return bad_time("no time zone (Z or +hh:mm)");
  const int hours = digits(zone, 1, 2), minutes = digits(zone, 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return bad_time("zone out of range");
  const std::int64_t offset = (hours * 60 + minutes) * 60 * kMicrosPerSecond;
  return zone[0] == '+' ? offset : -offset;
}

}  // namespace

std::int32_t day_from_civil(int year, unsigned month, unsigned day) {
  using namespace std::chrono;
  const sys_days days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}};
  return static_cast<std::int32_t>(days.time_since_epoch().count());
}

CivilDate civil_of(std::int32_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())};
}

Result<ParsedTime> parse_rfc3339(std::string_view text) {
  const auto date = parse_date(text);
  if (!date) return date.error();
  if (text.size() < 20 || (text[10] != 'T' && text[10] != 't' && text[10] != ' ')) return bad_time("no time of day");
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2);
  int second = digits(text, 17, 2);
  if (hour < 0 || minute < 0 || second < 0 || text[13] != ':' || text[16] != ':') return bad_time("not hh:mm:ss");
  const bool leap_second = hour == 23 && minute == 59 && second == 60;
  if (hour > 23 || minute > 59 || (second > 59 && !leap_second)) return bad_time("time of day out of range");
  std::size_t at = 19;
  auto fraction = parse_fraction(text, at);
  if (!fraction) return fraction.error();
  if (leap_second) {
    second = 59;
    fraction = kMicrosPerSecond - 1;
  }
  const auto offset = parse_zone(text.substr(at));
  if (!offset) return offset.error();
  const std::int64_t seconds =
      std::int64_t{day_from_civil(date->year, date->month, date->day)} * 86400 + hour * 3600 + minute * 60 + second;
  return ParsedTime{seconds * kMicrosPerSecond + *fraction - *offset, leap_second};
}

std::string format_rfc3339(std::int64_t us) {
  const std::int32_t day = day_of(us);
  const std::int64_t rest = us - day_start(day);
  const auto date = civil_of(day);
  const auto seconds = rest / kMicrosPerSecond, fraction = rest % kMicrosPerSecond;
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", date.year, date.month, date.day, seconds / 3600,
                                 seconds / 60 % 60, seconds % 60);
  if (fraction != 0) text += fmt::format(".{:06}", fraction);
  return text + 'Z';
}

std::string format_day(std::int32_t day) {
  const auto date = civil_of(day);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

Result<std::int32_t> parse_day(std::string_view text) {
  const auto date = parse_date(text);
  if (!date) return date.error();
  if (text.size() != 10) return bad_time("text behind the day");
  return day_from_civil(date->year, date->month, date->day);
}

Result<std::int64_t> parse_duration(std::string_view text) {
  constexpr std::int64_t kMaxDays = 3650;
  if (text.size() < 2 || text.size() > 8) return fail(Code::kBadTime, "duration: use 30m, 24h or 90d");
  const int count = digits(text, 0, text.size() - 1);
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's':
      unit = kMicrosPerSecond;
      break;
    case 'm':
      unit = 60 * kMicrosPerSecond;
      break;
    case 'h':
      unit = kMicrosPerHour;
      break;
    case 'd':
      unit = kMicrosPerDay;
      break;
    default:
      break;
  }
  if (count <= 0 || unit == 0) return fail(Code::kBadTime, "duration: use 30m, 24h or 90d");
  if (count > kMaxDays * kMicrosPerDay / unit) return fail(Code::kBadTime, "duration: at most 3650d");
  return count * unit;
}

std::int64_t now_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

std::int64_t monotonic_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace backtrail::schema
