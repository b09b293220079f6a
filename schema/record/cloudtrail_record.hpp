// Reads one CloudTrail record (a JSON object) into an ApiEvent: the one reading that ingest stores by and query shows
// by.
//
// It lives in schema because the raw record *is* what the warehouse stores: the columns are hashes, and whoever shows
// an event reads its text from the record again, with the same rules. Field rules: CloudTrail user guide, "CloudTrail
// record contents" and "userIdentity element", eventVersion 1.00 to 1.11. Unknown fields, types and services are never
// an error. Pure; thread-safe.
#pragma once
#include <string_view>

#include "schema/core/error.hpp"
#include "schema/core/json_tree.hpp"
#include "schema/model/api_event.hpp"

namespace backtrail::schema {

struct RecordContext {
  std::int64_t received_us = 0;  // for the future flag; pass event time or 0 when only showing
  const HashKey* hash_key = nullptr;
};

// True when the object has the shape of a CloudTrail record (eventName with eventSource, or an Insights event).
bool looks_like_cloudtrail(const JsonNode& object);

// Reads copies in OCSF too (schema/record/ocsf_activity.hpp). kBadRecord / kBadTime with a reason word first:
// "account", "schema", "time". `raw` must outlive the event.
Result<ApiEvent> read_cloudtrail_record(const JsonNode& record, std::string_view raw, const RecordContext& context);

}  // namespace backtrail::schema
