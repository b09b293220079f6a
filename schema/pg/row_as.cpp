#include "schema/pg/row_as.hpp"

#include <string_view>

namespace backtrail::schema {

std::int64_t time_from_pg(const char* text) {
  std::string full(text);
  constexpr std::size_t kDateChars = 10;
  if (full.size() == kDateChars) full += " 00:00:00+00";
  if (full.size() < 3 || full.substr(full.size() - 3) != "+00")
    throw std::runtime_error("a time column was not in UTC: the session's time zone is wrong");
  full += ":00";
  const auto parsed = parse_rfc3339(full);
  if (!parsed) throw std::runtime_error("a time column holds " + full);
  return parsed->us;
}

}  // namespace backtrail::schema
