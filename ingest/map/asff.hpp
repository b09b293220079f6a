// ASFF findings (Security Hub: EventBridge, GetFindings, BatchImportFindings) to schema::Finding.
//
// A GuardDuty finding that came through Security Hub gets the identity it has natively, so that both are one row; any
// other is known by account, ProductArn and Id. The provider's view counts where ASFF has two (FindingProviderFields).
// What is not mapped stays in the raw bytes; unknown fields and products are never an error.
// Errors: kBadRecord and kBadTime with a reason word first: "account", "schema", "time", "missing_id".
// Pure functions; thread-safe.
#pragma once
#include <string>
#include <string_view>

#include "ingest/map/map_context.hpp"
#include "schema/core/error.hpp"
#include "schema/core/json_tree.hpp"
#include "schema/model/finding.hpp"

namespace backtrail::ingest {

bool looks_like_asff(const schema::JsonNode& record);

// `record` is the finding object itself, `raw` its exact bytes.
schema::Result<schema::Finding> map_asff(const schema::JsonNode& record, std::string_view raw,
                                         const MapContext& context);

// GuardDuty's own type from the one that Security Hub derives from it: "TTPs/Discovery/Recon:EC2-Portscan" is
// "Recon:EC2/Portscan", "TTPs/Defense Evasion/IAMUser-AnomalousBehavior" is "DefenseEvasion:IAMUser/AnomalousBehavior".
std::string guardduty_type_of_asff(std::string_view type);

// GuardDuty's resourceType, which copies do not carry, from the second part of the type; else what the copy says.
std::string_view guardduty_resource_type(std::string_view type_resource, std::string_view copied_type);

}  // namespace backtrail::ingest
