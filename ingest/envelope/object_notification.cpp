// Notifications that objects were written: kept as notices, for the objects themselves come by another way.
#include "ingest/envelope/envelope.hpp"
#include "ingest/map/service_event.hpp"
#include "ingest/recognise.hpp"
#include "schema/core/utf8.hpp"

namespace backtrail::ingest {
namespace {

using schema::Code;
using schema::fail;
using schema::JsonNode;

constexpr std::string_view kS3 = "aws.s3", kCloudTrail = "aws.cloudtrail";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view text_at(const JsonNode* node) {
  return node != nullptr && node->is_string() ? node->text() : std::string_view{};
}

}  // namespace

std::string decode_object_key(std::string_view key) {
  std::string out;
  for (std::size_t at = 0; at < key.size(); ++at) {
    const int high = key[at] == '%' && at + 2 < key.size() ? hex_value(key[at + 1]) : -1;
    const int low = high >= 0 ? hex_value(key[at + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      out += key[at] == '+' ? ' ' : key[at];
    }
  }
  return schema::is_utf8(out) ? out : std::string(key);
}

bool is_s3_notification(const JsonNode& node) {
  const JsonNode* s3 = node.find("s3");
  return node.string_at("eventSource") == "aws:s3" && s3 != nullptr && s3->is_object();
}

bool open_s3_notification(Recogniser& recogniser, std::string_view text, const JsonNode& node, int) {
  // The form is promised to stay within its major version.
  if (!node.string_at("eventVersion").starts_with("2.")) {
    recogniser.quarantine(fail(Code::kBadRecord, "schema: an S3 notification of a version that is not 2"), text,
                          RecordKind::kNotice);
    return true;
  }
  const std::string key = decode_object_key(text_at(node.at("s3", "object", "key")));
  ObjectFacts facts;
  facts.account_id = account_of_log_key(key);
  facts.region = node.string_at("awsRegion");
  facts.source = kS3;
  facts.event_name = node.string_at("eventName");
  facts.bucket = text_at(node.at("s3", "bucket", "name"));
  facts.key = key;
  facts.time = node.string_at("eventTime");
  if (facts.bucket.empty())
    recogniser.quarantine(fail(Code::kBadRecord, "schema: an S3 notification without a bucket"), text,
                          RecordKind::kNotice);
  else
    recogniser.report(object_notice(facts, node, text, recogniser.context()));
  return true;
}

bool is_s3_test_message(const JsonNode& node) {
  return node.string_at("Service") == "Amazon S3" && node.string_at("Event") == "s3:TestEvent";
}

bool open_s3_test_message(Recogniser& recogniser, std::string_view text, const JsonNode& node, int) {
  ObjectFacts facts;
  facts.source = kS3;
  facts.event_name = node.string_at("Event");
  facts.bucket = node.string_at("Bucket");
  facts.time = node.string_at("Time");
  recogniser.report(object_notice(facts, node, text, recogniser.context()));
  return true;
}

bool is_log_delivery(const JsonNode& node) {
  const JsonNode* keys = node.find("s3ObjectKey");
  return !node.string_at("s3Bucket").empty() && keys != nullptr && keys->is_array();
}

// One notice for each object: they may be of several accounts.
bool open_log_delivery(Recogniser& recogniser, std::string_view text, const JsonNode& node, int) {
  for (const JsonNode& key : node.find("s3ObjectKey")->children()) {
    ObjectFacts facts;
    facts.account_id = account_of_log_key(text_at(&key));
    facts.source = kCloudTrail;
    facts.event_name = "log files delivered";
    facts.bucket = node.string_at("s3Bucket");
    facts.key = text_at(&key);
    if (facts.key.empty())
      recogniser.quarantine(fail(Code::kBadRecord, "schema: a notification of CloudTrail with a key that is no text"),
                            text, RecordKind::kNotice);
    else
      recogniser.report(object_notice(facts, node, text, recogniser.context()));
  }
  return true;
}

}  // namespace backtrail::ingest
