// Times as AWS services write them in their own findings: RFC 3339, epoch numbers, and Inspector's "Jan 19, 2026,
// 10:46:15 PM" (UTC). Pure functions.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "schema/core/error.hpp"
#include "schema/core/json_tree.hpp"

namespace backtrail::ingest {

// Sets `time` when the record gives one; absent, null and "" leave it as it is. Errors: kBadTime "time".
schema::Result<void> read_native_time(const schema::JsonNode* node, std::string_view name,
                                      std::optional<std::int64_t>& time);

}  // namespace backtrail::ingest
