// What an event was done to: the entities that its resources, request parameters and response name.
//
// Found by the name of the parameter (bucketName, userName, functionName, …) and by the form of the value (i-…, vol-…,
// arn:…, AKIA…). Values are data: a string of the right form anywhere in the parameters is a mention. Pure;
// thread-safe.
#pragma once
#include "schema/core/json_tree.hpp"
#include "schema/model/api_event.hpp"

namespace backtrail::schema {

// Appends to event.mentions, each entity once, at most kMentionsMaxPerEvent (then kFlagMentionsCut).
void collect_mentions(const JsonNode& record, ApiEvent& event);

}  // namespace backtrail::schema
