#include "schema/record/cloudtrail_record.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "schema/record/mentions.hpp"
#include "schema/record/principal.hpp"

namespace backtrail::schema {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Outcome outcome_of(const JsonNode& record, const ApiEvent& event) {
  const std::string_view code = event.error_code;
  if (contains(code, "AccessDenied") || contains(code, "Unauthorized") || contains(code, "NotAuthorized") ||
      contains(code, "Forbidden"))
    return Outcome::kDenied;
  if (!code.empty()) return Outcome::kFailed;
  // A failed console sign-in has no error code, only a message and this answer.
  const JsonNode* response = record.find("responseElements");
  if (response != nullptr && response->string_at("ConsoleLogin") == "Failure") return Outcome::kFailed;
  return event.error_message.empty() ? Outcome::kOk : Outcome::kFailed;
}

EventClass class_of(const JsonNode& record) {
  const auto category = record.string_at("eventCategory");
  if (category == "Data") return EventClass::kData;
  if (category == "Insight") return EventClass::kInsight;
  if (category == "NetworkActivity") return EventClass::kNetworkActivity;
  if (!category.empty()) return EventClass::kManagement;
  // Before version 1.07 there is no category.
  const auto type = record.string_at("eventType");
  if (type == "AwsCloudTrailInsight") return EventClass::kInsight;
  if (type == "AwsVpceEvent") return EventClass::kNetworkActivity;
  const JsonNode* management = record.find("managementEvent");
  return management != nullptr && management->type() == JsonType::kFalse ? EventClass::kData : EventClass::kManagement;
}

Result<void> read_account(const JsonNode& record, ApiEvent& event) {
  const JsonNode* recipient = record.find("recipientAccountId");
  if (recipient != nullptr && !recipient->is_null()) {
    if (!recipient->is_string()) return fail(Code::kBadRecord, "schema: recipientAccountId is no string");
    if (!is_account_id(recipient->text()))
      return fail(Code::kBadRecord, "account: recipientAccountId is not 12 digits");
    event.account_id = recipient->text();
    return {};
  }
  // Records before version 1.03 have none: the caller's own account is where it happened then.
  const JsonNode* identity = record.find("userIdentity");
  const auto caller = identity == nullptr ? std::string_view{} : identity->string_at("accountId");
  if (!is_account_id(caller)) return fail(Code::kBadRecord, "account: no recipientAccountId and no caller's account");
  event.account_id = caller;
  event.flags |= kFlagNoRecipient;
  return {};
}

Result<void> read_time(const JsonNode& record, const RecordContext& context, ApiEvent& event) {
  const JsonNode* time = record.find("eventTime");
  if (time == nullptr) time = record.find("@timestamp");  // records that came through Logstash keep their time there
  if (time == nullptr) return fail(Code::kBadTime, "time: no eventTime");
  if (!time->is_string()) return fail(Code::kBadRecord, "schema: eventTime is no string");
  const auto parsed = parse_rfc3339(time->text());
  if (!parsed) return fail(Code::kBadTime, "time: " + parsed.error().detail);
  event.event_time_us = parsed->us;
  if (parsed->leap_second) event.flags |= kFlagLeapSecond;
  if (context.received_us != 0 && parsed->us > context.received_us + kFutureToleranceUs) event.flags |= kFlagFuture;
  return {};
}

bool holds_nul(const JsonNode& node) {
  if (contains(node.text(), std::string_view("\0", 1))) return true;
  return std::any_of(node.children().begin(), node.children().end(), holds_nul);
}

void read_event_id(const JsonNode& record, ApiEvent& event) {
  const auto text = record.string_at("eventID");
  if (parse_uuid(text, event.event_id)) return;
  event.flags |= kFlagMadeId;
  if (!text.empty()) {
    event.event_id = sha256_uuid(text);
    return;
  }
  std::string canonical;
  append_canonical(record, canonical);
  event.event_id = sha256_uuid(canonical);
}

Result<void> read_api(const JsonNode& record, ApiEvent& event) {
  event.service = record.string_at("eventSource");
  event.api = record.string_at("eventName");
  if (event.api.empty()) {
    if (const JsonNode* insight = record.find("insightDetails")) {
      event.api = insight->string_at("eventName");
      event.service = insight->string_at("eventSource");
    }
  }
  if (event.api.empty()) return fail(Code::kBadRecord, "schema: no eventName");
  return {};
}

// RFC 1918.
bool is_private_ipv4(std::string_view ip) {
  if (ip.starts_with("10.") || ip.starts_with("192.168.")) return true;
  if (!ip.starts_with("172.") || ip.size() < 7 || ip[6] != '.') return false;
  const auto second = ip.substr(4, 2);
  return second >= "16" && second <= "31";
}

void read_source(const JsonNode& record, ApiEvent& event) {
  event.source_address = record.string_at("sourceIPAddress");
  if (is_ip_address(event.source_address)) {
    event.ip_address = Entity{EntityKind::kIpAddress, event.source_address, {}};
    if (is_private_ipv4(event.source_address)) event.flags |= kFlagVpcPrivateIp;
  }
  if (const auto agent = record.string_at("userAgent"); !agent.empty())
    event.user_agent = Entity{EntityKind::kUserAgent, std::string(cut_entity_key(agent)), {}};
}

}  // namespace

bool looks_like_cloudtrail(const JsonNode& object) {
  if (object.string_at("eventSource") == "aws:s3") return false;  // an S3 notification, not a trail's record
  if (object.string_at("eventCategory") == "Insight") return true;
  const JsonNode* name = object.find("eventName");
  return name != nullptr && name->is_string() &&
         (object.find("eventSource") != nullptr || object.find("eventVersion") != nullptr ||
          object.find("userIdentity") != nullptr);
}

Result<ApiEvent> read_cloudtrail_record(const JsonNode& record, std::string_view raw, const RecordContext& context) {
  if (!record.is_object()) return fail(Code::kBadRecord, "schema: not an object");
  ApiEvent event;
  event.raw = raw;
  // Rare enough that the tree is only walked when there is such an escape, or text that looks like one.
  if (contains(raw, "\\u0000") && holds_nul(record)) event.flags |= kFlagNulText;
  event.region = record.string_at("awsRegion");
  event.error_code = record.string_at("errorCode");
  event.error_message = record.string_at("errorMessage");
  if (const auto ok = read_api(record, event); !ok) return ok.error();
  if (const auto ok = read_account(record, event); !ok) return ok.error();
  if (const auto ok = read_time(record, context, event); !ok) return ok.error();
  read_event_id(record, event);
  event.event_class = class_of(record);
  event.outcome = outcome_of(record, event);
  if (const JsonNode* read_only = record.find("readOnly")) {
    // Early writers sent the text "true".
    if (read_only->type() == JsonType::kTrue || read_only->text() == "true")
      event.read_only = true;
    else if (read_only->type() == JsonType::kFalse || read_only->text() == "false")
      event.read_only = false;
  }
  resolve_identity(record.find("userIdentity"), event);
  read_source(record, event);
  Uuid shared;
  if (parse_uuid(record.string_at("sharedEventID"), shared)) event.shared_event_id = shared;
  collect_mentions(record, event);
  if (context.hash_key != nullptr) {
    thread_local std::string scratch;
    event.content_fp = value_fingerprint(record, *context.hash_key, scratch);
  }
  return event;
}

}  // namespace backtrail::schema
