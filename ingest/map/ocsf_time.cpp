#include "ingest/map/ocsf_time.hpp"

#include <cmath>
#include <fmt/format.h>

#include "ingest/map/json_field.hpp"
#include "schema/core/time.hpp"

namespace backtrail::ingest {
namespace {

constexpr double kSecondsMax = 1e11, kMillisMax = 1e14, kMicrosMax = 253'402'300'800e6;  // the end of the year 9999

}  // namespace

std::optional<std::int64_t> micros_of_epoch(double number) {
  if (number < 0) return std::nullopt;
  const double factor = number < kSecondsMax ? 1e6 : number < kMillisMax ? 1e3 : 1;
  const double us = number * factor;
  return us < kMicrosMax ? std::optional(static_cast<std::int64_t>(std::floor(us))) : std::nullopt;
}

schema::Result<void> read_ocsf_time(const schema::JsonNode* object, std::string_view name,
                                    std::optional<std::int64_t>& time) {
  const schema::JsonNode* node = field(object, name);
  if (const auto number = number_of(node); number && *number != 0) {
    const auto us = micros_of_epoch(*number);
    if (!us) return schema::fail(schema::Code::kBadTime, fmt::format("time: {} is no time", name));
    time = *us;
    return {};
  }
  auto text = text_field(object, fmt::format("{}_dt", name));
  if (text.empty() && node != nullptr && node->is_string() && !number_of(node)) text = node->text();
  if (text.empty()) return {};
  auto parsed = schema::parse_rfc3339(text);
  // OCSF's own rule: without a zone it is UTC.
  if (!parsed) parsed = schema::parse_rfc3339(std::string(text) + "Z");
  if (!parsed) return schema::fail(schema::Code::kBadTime, fmt::format("time: {}: {}", name, parsed.error().detail));
  time = parsed->us;
  return {};
}

}  // namespace backtrail::ingest
