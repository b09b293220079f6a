// The Resources of ASFF findings to entities and facts. Pure but for the finding and the builder that are filled.
#pragma once
#include "ingest/map/finding_builder.hpp"
#include "schema/core/json_tree.hpp"

namespace backtrail::ingest {

struct AsffContext {
  bool is_guardduty = false;
  // service.resourceRole of a GuardDuty finding: "ACTOR" when our resource did it.
  std::string_view resource_role;
  // A GuardDuty finding on an API call: whose credentials it names is the actor.
  bool is_api_call = false;
};

void map_asff_resources(const schema::JsonNode& record, const AsffContext& context, schema::Finding& finding,
                        FindingBuilder& builder);

// Whether a resource has an identifier of GuardDuty's samples where AWS alone assigns them.
bool has_placeholder_resource(const schema::JsonNode& record);

}  // namespace backtrail::ingest
