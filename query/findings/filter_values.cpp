#include "query/findings/filter_values.hpp"

#include <fmt/format.h>

#include "query/findings/finding_filter.hpp"

namespace backtrail::query {

using schema::Code;
using schema::fail;
using schema::Result;

schema::Error bad_parameter(std::string_view name, std::string_view what) {
  return fail(Code::kBadParameter, fmt::format("{}: {}", name, what));
}

std::string shown_value(std::string_view value) {
  constexpr std::size_t kShownMax = 60;
  std::string text = "'";
  for (const char c : value.substr(0, kShownMax)) text += static_cast<unsigned char>(c) < 0x20 || c == '\x7F' ? '?' : c;
  // Bytes of a character that was cut would make the answer invalid UTF-8.
  while (value.size() > kShownMax && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
  if (value.size() > kShownMax && static_cast<unsigned char>(text.back()) >= 0xC0) text.pop_back();
  return text + (value.size() > kShownMax ? "…'" : "'");
}

FilterValue filter_value(std::string_view raw) {
  FilterValue value;
  value.negated = raw.starts_with('!');
  if (value.negated || raw.starts_with("\\!")) raw.remove_prefix(1);
  value.text = raw;
  return value;
}

std::vector<FilterValue> split_filter_values(std::string_view raw) {
  std::vector<FilterValue> values;
  std::string part;
  const auto end_part = [&] {
    values.push_back(filter_value(part));
    part.clear();
  };
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool escape = raw[i] == '\\' && i + 1 < raw.size() && (raw[i + 1] == ',' || raw[i + 1] == '\\');
    if (escape)
      part += raw[++i];
    else if (raw[i] == ',')
      end_part();
    else
      part += raw[i];
  }
  end_part();
  return values;
}

Result<void> check_filter_value(std::string_view name, std::string_view value) {
  if (value.size() > kFilterValueMaxBytes)
    return bad_parameter(name, fmt::format("a value has at most {} bytes", kFilterValueMaxBytes));
  if (value.find('\0') != std::string_view::npos) return bad_parameter(name, "a value holds no NUL");
  return {};
}

}  // namespace backtrail::query
