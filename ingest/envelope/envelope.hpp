// Envelopes: what records travel in. Each kind knows how it looks and how to go inwards; the table is in recognise.cpp.
//
// An envelope is opened from its text where it can be larger than a record (a Firehose request of 64 MiB is no tree):
// the frame around its list is parsed strictly, the list is cut into pieces, and each piece is looked at by itself. So
// one bad record never takes its neighbours along. Sources: the vendor's documentation of each format.
// All functions are as thread-safe as the Recogniser they are given.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/parse/json_split.hpp"
#include "schema/core/json_tree.hpp"

namespace backtrail::ingest {

class Recogniser;

// Firehose sends at most so many records in a request, each of at most 1,000 KiB before base64.
inline constexpr std::size_t kFirehoseRecordsMax = 10'000;
// What compressed records may grow to: each, and those of one delivery together.
inline constexpr std::size_t kEnvelopeInflateBytesMax = 8U * 1024 * 1024;
inline constexpr std::size_t kDeliveryInflateBytesMax = 128U * 1024 * 1024;

// An object whose list `key` was taken out: `frame` is the rest, with the list empty.
struct FramedList {
  std::string frame;
  std::size_t begin = 0;  // in the text: behind the list's opening bracket
};
// Nothing when the text is no object with such a list, or the list never ends. The frame is not parsed yet.
std::optional<FramedList> frame_of(std::string_view object, std::string_view key);

// One behind the bracket that ends the list that begins at `begin`; npos when it never ends.
std::size_t end_of_list(std::string_view text, std::size_t begin);

// {"requestId", "timestamp", "records": [{"data": base64}]}
bool is_firehose_request(const schema::JsonNode& frame);
// The requestId of a whole request; nothing when the text is no Firehose request or its id no string. `text` must be
// followed by schema::kJsonPaddingBytes readable bytes.
std::optional<std::string> firehose_request_id(std::string_view text);
bool open_firehose_request(Recogniser& recogniser, std::string_view text, const schema::JsonNode& node, int depth);

// {"messageType": "DATA_MESSAGE", "owner", "logGroup", "logStream", "logEvents": [{"id", "timestamp", "message"}]}
bool is_cloudwatch_logs(const schema::JsonNode& frame);
bool open_cloudwatch_logs(Recogniser& recogniser, std::string_view text, const schema::JsonNode& node, int depth);

// {"Type", "MessageId", "TopicArn", "Message"}
bool is_sns_message(const schema::JsonNode& node);
bool open_sns_message(Recogniser& recogniser, std::string_view text, const schema::JsonNode& node, int depth);

// {"detail-type", "source", "detail"}
bool is_eventbridge_event(const schema::JsonNode& node);
// An object that holds a whole EventBridge event in one of its fields, as input transformers make it.
bool is_eventbridge_wrapper(const schema::JsonNode& node);
bool open_eventbridge_wrapper(Recogniser& recogniser, std::string_view text, const schema::JsonNode& node, int depth);

// One record of an S3 notification: {"eventSource": "aws:s3", "s3": {"bucket", "object"}}
bool is_s3_notification(const schema::JsonNode& node);
bool open_s3_notification(Recogniser& recogniser, std::string_view text, const schema::JsonNode& node, int depth);
// {"Service": "Amazon S3", "Event": "s3:TestEvent"}, sent when notifications are configured
bool is_s3_test_message(const schema::JsonNode& node);
bool open_s3_test_message(Recogniser& recogniser, std::string_view text, const schema::JsonNode& node, int depth);
// {"s3Bucket", "s3ObjectKey": [key]}, CloudTrail's word that it delivered log files
bool is_log_delivery(const schema::JsonNode& node);
bool open_log_delivery(Recogniser& recogniser, std::string_view text, const schema::JsonNode& node, int depth);
// A key as S3 notifications write it: '+' for a space, %XX for a byte. What does not decode to UTF-8 stays as it is.
std::string decode_object_key(std::string_view key);

// {"backtrail_archive":1,…}, a line that retention wrote. Looked for before anything else is done with a text: its
// record is cut out before it is parsed, so that it may be as large as a record may be.
bool is_archive_line(std::string_view text);
void open_archive_line(Recogniser& recogniser, std::string_view text, int depth);

// A text too large for a tree, or one that is damaged somewhere inside: opened if its frame says what it is. False:
// nothing was reported.
bool open_large_envelope(Recogniser& recogniser, std::string_view text, int depth);

}  // namespace backtrail::ingest
