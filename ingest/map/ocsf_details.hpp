// What an OCSF finding tells beyond its resources, as facts: compliance, vulnerabilities, malware, attacks,
// remediation. Fills the builder only.
#pragma once
#include "ingest/map/finding_builder.hpp"
#include "schema/core/json_tree.hpp"

namespace backtrail::ingest {

// `info`: finding_info, or what an old version has in its place; may be nullptr.
void map_ocsf_details(const schema::JsonNode& record, const schema::JsonNode* info, FindingBuilder& builder);

}  // namespace backtrail::ingest
