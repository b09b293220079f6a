#include "ingest/map/finding_times.hpp"

#include <fmt/format.h>
#include <utility>

#include "ingest/map/finding_record.hpp"
#include "schema/core/time.hpp"
#include "schema/model/api_event.hpp"

namespace backtrail::ingest {

schema::Result<void> read_time(const schema::JsonNode* node, std::string_view name, std::optional<std::int64_t>& time) {
  if (node == nullptr || node->is_null()) return {};
  // A number could be seconds or milliseconds: never guessed.
  if (!node->is_string()) return bad_record("schema", fmt::format("{} is not a string", name));
  if (node->text().empty()) return {};
  const auto parsed = schema::parse_rfc3339(node->text());
  if (!parsed) return schema::fail(schema::Code::kBadTime, fmt::format("time: {}: {}", name, parsed.error().detail));
  time = parsed->us;
  return {};
}

void set_times(const SentTimes& sent, std::int64_t received_us, schema::Finding& finding) {
  const auto clamped = [&](std::optional<std::int64_t> time) {
    if (time && *time > received_us + schema::kFutureToleranceUs) {
      finding.clock_clamped = true;
      return std::optional{received_us};
    }
    return time;
  };
  const auto created = clamped(sent.created_us), updated = clamped(sent.updated_us);
  const auto first = clamped(sent.first_seen_us), last = clamped(sent.last_seen_us);

  // A finding was updated no earlier than its last occurrence and created no earlier than its first: where a time is
  // missing the nearest that is known stands in for it, and only a record without any time gets the receipt's.
  finding.updated_us = updated ? *updated : last ? *last : created ? *created : first.value_or(received_us);
  finding.created_us = created ? *created : first.value_or(finding.updated_us);
  finding.first_seen_us = first.value_or(finding.created_us);
  finding.last_seen_us = last.value_or(finding.updated_us);
  // Senders that swap the two exist; both moments were observed, so the window between them is right.
  if (finding.first_seen_us > finding.last_seen_us) std::swap(finding.first_seen_us, finding.last_seen_us);
}

}  // namespace backtrail::ingest
