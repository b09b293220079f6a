// The four times of a finding: read strictly, completed from each other, and kept out of the far future.
//
// Some products send absurd times (a last observation in the year 2200), which would lead every list for ever: times
// more than kFutureToleranceUs behind the receipt become the receipt time, and the finding says so (clock_clamped).
// Pure functions.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "schema/core/error.hpp"
#include "schema/core/json_tree.hpp"
#include "schema/model/finding.hpp"

namespace backtrail::ingest {

// What the record gives; empty where it gives nothing.
struct SentTimes {
  std::optional<std::int64_t> created_us, updated_us, first_seen_us, last_seen_us;
};

// Sets `time` when the record gives one; absent, null and "" leave it as it is. Errors: kBadRecord "schema" when the
// value is no string, kBadTime "time" when it is no RFC 3339 time stamp; `name` is for people.
schema::Result<void> read_time(const schema::JsonNode* node, std::string_view name, std::optional<std::int64_t>& time);

// Fills created, updated, first and last seen and clock_clamped; first_seen_us <= last_seen_us afterwards.
void set_times(const SentTimes& sent, std::int64_t received_us, schema::Finding& finding);

}  // namespace backtrail::ingest
