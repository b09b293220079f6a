// Times of OCSF: a number (`created_time`) with an RFC 3339 twin (`created_time_dt`). Pure functions.
//
// The number counts. OCSF wants milliseconds; products that send seconds or microseconds are told by magnitude, which
// is unambiguous from 1973 to 5138. The twin, which some products send without a zone, stands in where there is no
// number.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "schema/core/error.hpp"
#include "schema/core/json_tree.hpp"

namespace backtrail::ingest {

// Seconds, milliseconds or microseconds since 1970; nothing for negative numbers and years beyond 9999.
std::optional<std::int64_t> micros_of_epoch(double number);

// Sets `time` when `object` has the member `name` or its twin; absent, null, 0 and "" leave it as it is.
// Errors: kBadTime "time" for anything else that is no time from 1970 to 9999.
schema::Result<void> read_ocsf_time(const schema::JsonNode* object, std::string_view name,
                                    std::optional<std::int64_t>& time);

}  // namespace backtrail::ingest
