// CloudTrail records that were translated to OCSF (Security Lake and others): API Activity (6003), Account Change
// (3001) and Authentication (3002), 1.0-rc.2 to 1.6, read as the CloudTrail records they were.
//
// The translation is turned back into a CloudTrail record, which is then read by the one reader of such records: the
// same caller, the same principal. It is a poorer form: what a translator left out is missing. Its event id is the
// record's (metadata.uid); its content_fp is kOcsfFingerprint, so that it is never taken for a variant of the record.
// Field rules: the published mapping of CloudTrail to OCSF. Pure; thread-safe.
#pragma once
#include <string_view>

#include "schema/core/error.hpp"
#include "schema/core/json_tree.hpp"
#include "schema/record/cloudtrail_record.hpp"

namespace backtrail::schema {

// True for those classes when CloudTrail is what the translator read; other products' activity is no API event of ours.
bool looks_like_ocsf_activity(const JsonNode& object);

// Errors as read_cloudtrail_record. `raw` must outlive the event.
Result<ApiEvent> read_ocsf_activity(const JsonNode& record, std::string_view raw, const RecordContext& context);

}  // namespace backtrail::schema
