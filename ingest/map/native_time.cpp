#include "ingest/map/native_time.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>
#include <string>

#include "ingest/map/json_field.hpp"
#include "ingest/map/ocsf_time.hpp"
#include "schema/core/time.hpp"

namespace backtrail::ingest {
namespace {

// Reads the number at the front of `text`, of at most `digits` digits, and what must follow it.
bool take_number(std::string_view& text, std::size_t digits, std::string_view separator, unsigned& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (error != std::errc{} || length > digits) return false;
  text.remove_prefix(length);
  if (!text.starts_with(separator)) return false;
  text.remove_prefix(separator.size());
  return true;
}

// "Jan 19, 2026, 10:46:15 PM" to RFC 3339; empty for anything else. Newer writers put a narrow no-break space (U+202F)
// before AM and PM.
std::string inspector_time(std::string_view text) {
  constexpr std::array kMonths{"Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ",
                               "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec "};
  unsigned month = 0;
  while (month < kMonths.size() && !text.starts_with(kMonths[month])) ++month;
  if (month == kMonths.size()) return {};
  text.remove_prefix(4);
  unsigned day = 0, year = 0, hour = 0, minute = 0, second = 0;
  if (!take_number(text, 2, ", ", day) || !take_number(text, 4, ", ", year) || !take_number(text, 2, ":", hour) ||
      !take_number(text, 2, ":", minute) || !take_number(text, 2, "", second))
    return {};
  for (const std::string_view space : {"\xE2\x80\xAF", " "})
    if (text.starts_with(space)) text.remove_prefix(space.size());
  if ((text != "AM" && text != "PM") || hour < 1 || hour > 12) return {};
  hour = hour % 12 + (text == "PM" ? 12 : 0);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", year, month + 1, day, hour, minute, second);
}

}  // namespace

schema::Result<void> read_native_time(const schema::JsonNode* node, std::string_view name,
                                      std::optional<std::int64_t>& time) {
  if (node == nullptr || node->is_null()) return {};
  const auto unreadable = [&] {
    return schema::fail(schema::Code::kBadTime, fmt::format("time: {} is no time", name));
  };
  if (const auto number = number_of(node)) {
    const auto us = micros_of_epoch(*number);
    if (!us) return unreadable();
    time = *us;
    return {};
  }
  if (!node->is_string()) return unreadable();
  if (node->text().empty()) return {};
  auto parsed = schema::parse_rfc3339(node->text());
  if (!parsed) parsed = schema::parse_rfc3339(inspector_time(node->text()));
  if (!parsed) return unreadable();
  time = parsed->us;
  return {};
}

}  // namespace backtrail::ingest
