// EventBridge events of AWS services that carry neither a finding nor a CloudTrail record, and object notifications, to
// schema::Notice.
//
// The account is the envelope's: what such an event tells, it tells about the account that sent it. Unknown services
// and detail types are kept too, so that what AWS invents tomorrow is stored and seen. Errors: kBadRecord with a reason
// word first: "account". Pure functions; thread-safe.
#pragma once
#include <string_view>

#include "ingest/map/map_context.hpp"
#include "schema/core/error.hpp"
#include "schema/core/json_tree.hpp"
#include "schema/model/notice.hpp"

namespace backtrail::ingest {

inline constexpr std::size_t kNoticeSubjectMaxBytes = 2048;  // a bucket's name and the longest key
inline constexpr std::size_t kNoticeLabelMaxBytes = 256;     // source, detail type, Region

// True for an envelope of an AWS service (source "aws.…", no partner's) whose detail type is none of those that carry a
// finding or a CloudTrail record: those must be understood, or refused with a reason.
bool is_service_event(const schema::JsonNode& envelope);
// `raw`: the envelope's exact bytes.
schema::Result<schema::Notice> map_service_event(const schema::JsonNode& envelope, std::string_view raw,
                                                 const MapContext& context);

// What a notification says about one object.
struct ObjectFacts {
  std::string_view account_id;  // "" when nothing names it; else 12 digits
  std::string_view region, source, event_name;
  std::string_view bucket, key;  // the key decoded
  std::string_view time;         // RFC 3339, may be empty
};
// `record` and `raw`: the part of the message that is about this object, or the whole message.
schema::Notice object_notice(const ObjectFacts& facts, const schema::JsonNode& record, std::string_view raw,
                             const MapContext& context);

// The account in a key of AWS's own layout, "[prefix/]AWSLogs/[o-…/]ACCOUNT/…"; else empty.
std::string_view account_of_log_key(std::string_view key);

}  // namespace backtrail::ingest
