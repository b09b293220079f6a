// Findings of Inspector, Macie and IAM Access Analyzer in the services' own forms (EventBridge, API answers) to
// schema::Finding.
//
// Inspector's findings have their ARN as Id in ASFF, and Macie's their id: those get the identity that ASFF gives them,
// so that both forms are one row. Access Analyzer's Id in ASFF is made of the analyzer and the resource and never names
// the finding: its two forms are two rows. What is not mapped stays in the raw bytes.
// Errors: kBadRecord and kBadTime with a reason word first: "account", "schema", "time", "missing_id".
// Pure functions; thread-safe.
#pragma once
#include <string_view>

#include "ingest/map/map_context.hpp"
#include "schema/core/error.hpp"
#include "schema/core/json_tree.hpp"
#include "schema/model/finding.hpp"

namespace backtrail::ingest {

bool looks_like_inspector(const schema::JsonNode& record);
bool looks_like_macie(const schema::JsonNode& record);
bool looks_like_access_analyzer(const schema::JsonNode& record);

// `record` is the finding object itself, `raw` its exact bytes.
schema::Result<schema::Finding> map_inspector(const schema::JsonNode& record, std::string_view raw,
                                              const MapContext& context);
schema::Result<schema::Finding> map_macie(const schema::JsonNode& record, std::string_view raw,
                                          const MapContext& context);
schema::Result<schema::Finding> map_access_analyzer(const schema::JsonNode& record, std::string_view raw,
                                                    const MapContext& context);

}  // namespace backtrail::ingest
