// Which API calls a finding's records tell of: the action itself, the calls it counts, the calls it calls unusual.
//
// They stand in the records only; the warehouse keeps records whole, so they are read when somebody looks. Accepts
// GuardDuty's findings in both casings, bare or in an event's envelope, and ASFF. Pure function; thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/core/json_tree.hpp"

namespace backtrail::query {

inline constexpr std::size_t kEvidenceApisMax = 200;

struct ApiEvidence {
  std::string service;  // the API's host name where given, else empty
  std::string api;
  std::optional<std::int64_t> count;
  bool operator==(const ApiEvidence&) const = default;
};

// Adds what one record tells to `apis`: each call once, with the largest count told.
void collect_apis(const schema::JsonNode& record, std::vector<ApiEvidence>& apis);

}  // namespace backtrail::query
