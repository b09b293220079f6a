// Who and what an OCSF finding names: resources, actors, API calls, endpoints, processes and observables, at the top of
// the record and in its evidences. Pure but for the finding and the builder that are filled.
#pragma once
#include "ingest/map/finding_builder.hpp"
#include "schema/core/json_tree.hpp"

namespace backtrail::ingest {

void map_ocsf_entities(const schema::JsonNode& record, bool is_guardduty, schema::Finding& finding,
                       FindingBuilder& builder);

// Whether a resource has an identifier of GuardDuty's samples where AWS alone assigns them.
bool has_placeholder_ocsf_resource(const schema::JsonNode& record);

}  // namespace backtrail::ingest
