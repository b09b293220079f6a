// Native GuardDuty findings to schema::Finding: lowerCamel as EventBridge and the S3 export give them, UpperCamel as
// GetFindings gives them through most SDKs.
//
// The account, Region and id are the finding's own; an envelope's (which may be the administrator's) is never looked
// at. What is not mapped stays in the raw bytes; unknown fields, types and resources are never an error.
// Errors: kBadRecord and kBadTime with a reason word first: "account", "schema", "time", "missing_id".
// Pure functions; thread-safe.
#pragma once
#include <string_view>

#include "ingest/map/map_context.hpp"
#include "schema/core/error.hpp"
#include "schema/core/json_tree.hpp"
#include "schema/model/finding.hpp"

namespace backtrail::ingest {

// A finding of either casing, also one that hand-trimmed tests and converters left without schemaVersion, resource or
// serviceName; never a GuardDuty scan result, an API call on GuardDuty, ASFF or OCSF.
bool looks_like_guardduty(const schema::JsonNode& record);

// `record` is the finding object itself, `raw` its exact bytes.
schema::Result<schema::Finding> map_guardduty(const schema::JsonNode& record, std::string_view raw,
                                              const MapContext& context);

}  // namespace backtrail::ingest
