#include "ingest/map/service_event.hpp"

#include <algorithm>
#include <array>

#include "ingest/map/finding_builder.hpp"
#include "ingest/map/finding_record.hpp"
#include "ingest/map/json_field.hpp"
#include "schema/core/time.hpp"
#include "schema/model/entity.hpp"

namespace backtrail::ingest {
namespace {

using schema::JsonNode;
using schema::Notice;
namespace notice_kind = schema::notice_kind;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string_view kind_of(std::string_view source, std::string_view detail_type) {
  if (source == "aws.guardduty") {
    if (contains(detail_type, "Scan Result")) return notice_kind::kScanResult;
    if (contains(detail_type, "Resource Status") || contains(detail_type, "Post Scan Action"))
      return notice_kind::kResourceStatus;
    if (contains(detail_type, "Runtime Protection")) return notice_kind::kRuntimeHealth;
  }
  if (source == "aws.securityhub" && contains(detail_type, "Insight Results")) return notice_kind::kInsightResults;
  if (source == "aws.s3" && detail_type.starts_with("Object ")) return notice_kind::kObject;
  if (detail_type == "Scheduled Event") return notice_kind::kHeartbeat;
  return notice_kind::kServiceEvent;
}

std::string object_text(std::string_view bucket, std::string_view key) {
  std::string text(bucket);
  if (!key.empty()) text.append("/").append(key);
  return text;
}

// What the event is about, wherever its service says so; else the first resource of the envelope.
std::string subject_of(const JsonNode& envelope, const JsonNode* detail) {
  if (const auto bucket = text_field(detail, "s3ObjectDetails", "bucketName"); !bucket.empty())
    return object_text(bucket, text_field(detail, "s3ObjectDetails", "objectKey"));
  if (const auto bucket = text_field(detail, "bucket", "name"); !bucket.empty())
    return object_text(bucket, text_field(detail, "object", "key"));
  if (const auto bucket = text_field(detail, "s3BucketDetails", "bucketName"); !bucket.empty())
    return std::string(bucket);
  if (const auto insight = text_field(detail, "insightArn"); !insight.empty()) return std::string(insight);
  const JsonNode* agent = field(detail, "resourceDetails");
  for (const auto& [block, name] : {std::pair{"ec2InstanceDetails", "instanceId"},
                                    {"eksClusterDetails", "clusterName"},
                                    {"ecsClusterDetails", "clusterName"}})
    if (const auto text = text_field(agent, block, name); !text.empty()) return std::string(text);
  for (const JsonNode& resource : items(envelope.find("resources")))
    if (const auto text = scalar_text(&resource); !text.empty()) return std::string(text);
  return {};
}

std::string label(std::string_view text) {
  return shortened(without_nul(text), kNoticeLabelMaxBytes);
}

// A time that cannot be read must not cost the notice; one that lies ahead would never expire.
std::int64_t time_of(std::string_view text, std::int64_t received_us) {
  const auto parsed = schema::parse_rfc3339(text);
  return parsed ? std::min(parsed->us, received_us) : received_us;
}

void keep_bytes(const JsonNode& record, std::string_view raw, const MapContext& context, Notice& notice) {
  notice.raw = raw;
  if (context.hash_key == nullptr) return;
  std::string value;
  schema::append_canonical(record, value);
  value.append(1, '\0').append(notice.subject);
  notice.notice_id = schema::fingerprint128(*context.hash_key, value);
}

}  // namespace

bool is_service_event(const JsonNode& envelope) {
  constexpr std::array kCarriers{"GuardDuty Finding",      "Security Hub Findings - Imported",
                                 "Findings Imported V2",   "Security Hub Findings - Custom Action",
                                 "Inspector2 Finding",     "Macie Finding",
                                 "Access Analyzer Finding"};
  const auto source = envelope.string_at("source"), detail_type = envelope.string_at("detail-type");
  if (!source.starts_with("aws.") || source.starts_with("aws.partner/")) return false;
  return !detail_type.ends_with(" via CloudTrail") &&
         std::find(kCarriers.begin(), kCarriers.end(), detail_type) == kCarriers.end();
}

schema::Result<Notice> map_service_event(const JsonNode& envelope, std::string_view raw, const MapContext& context) {
  const JsonNode* account = envelope.find("account");
  if (account == nullptr || !account->is_string() || !schema::is_account_id(account->text()))
    return bad_record("account", "the envelope's account is not 12 digits");
  Notice notice;
  notice.account_id = account->text();
  notice.source = label(envelope.string_at("source"));
  notice.detail_type = label(envelope.string_at("detail-type"));
  notice.kind = kind_of(notice.source, notice.detail_type);
  notice.region = label(envelope.string_at("region"));
  notice.subject = shortened(without_nul(subject_of(envelope, envelope.find("detail"))), kNoticeSubjectMaxBytes);
  notice.time_us = time_of(envelope.string_at("time"), context.received_us);
  keep_bytes(envelope, raw, context, notice);
  return notice;
}

Notice object_notice(const ObjectFacts& facts, const JsonNode& record, std::string_view raw,
                     const MapContext& context) {
  Notice notice;
  if (schema::is_account_id(facts.account_id)) notice.account_id = facts.account_id;
  notice.kind = notice_kind::kObject;
  notice.source = label(facts.source);
  notice.detail_type = label(facts.event_name);
  notice.region = label(facts.region);
  notice.subject = shortened(without_nul(object_text(facts.bucket, facts.key)), kNoticeSubjectMaxBytes);
  notice.time_us = time_of(facts.time, context.received_us);
  keep_bytes(record, raw, context, notice);
  return notice;
}

std::string_view account_of_log_key(std::string_view key) {
  constexpr std::string_view kLogs = "AWSLogs/";
  constexpr std::size_t kAccountChars = 12;
  const auto at = key.find(kLogs);
  if (at == std::string_view::npos || (at > 0 && key[at - 1] != '/')) return {};
  std::string_view rest = key.substr(at + kLogs.size());
  if (rest.starts_with("o-")) rest = rest.substr(std::min(rest.find('/'), rest.size() - 1) + 1);
  const std::string_view account = rest.substr(0, kAccountChars);
  return schema::is_account_id(account) && rest.substr(kAccountChars).starts_with("/") ? account : std::string_view{};
}

}  // namespace backtrail::ingest
