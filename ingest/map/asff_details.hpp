// What ASFF tells beyond resources and actions, as facts: compliance, vulnerabilities, malware, indicators, the
// deprecated Network and Process blocks, notes. Fills the builder only.
#pragma once
#include "ingest/map/finding_builder.hpp"
#include "schema/core/json_tree.hpp"

namespace backtrail::ingest {

void map_asff_details(const schema::JsonNode& record, FindingBuilder& builder);

}  // namespace backtrail::ingest
