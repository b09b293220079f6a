// A document of a CloudWatch Logs subscription: one log event each, whose message is the record.
#include "ingest/envelope/envelope.hpp"
#include "ingest/recognise.hpp"

namespace backtrail::ingest {
namespace {

using schema::Code;
using schema::fail;

constexpr std::string_view kLogEvents = "logEvents";

void open_log_event(Recogniser& recogniser, const Piece& piece, int depth) {
  if (piece.kind != Piece::Kind::kValue || !piece.text.starts_with('{'))
    return recogniser.quarantine(fail(Code::kBadRecord, "schema: a log event that is no object"), piece.text);
  const auto node = recogniser.parse(piece.text, depth);
  if (!node) return recogniser.quarantine(node.error(), piece.text);
  const auto* message = (*node)->find("message");
  if (message == nullptr || !message->is_string())
    return recogniser.quarantine(fail(Code::kBadRecord, "schema: a log event without a message"), piece.text);
  recogniser.expand_text(message->text(), depth + 1);
}

}  // namespace

bool is_cloudwatch_logs(const schema::JsonNode& frame) {
  const auto* events = frame.find(kLogEvents);
  return !frame.string_at("messageType").empty() && events != nullptr && events->is_array();
}

bool open_cloudwatch_logs(Recogniser& recogniser, std::string_view text, const schema::JsonNode& node, int depth) {
  // CloudWatch Logs asks by it whether the destination lives. There is nothing in it to store.
  if (node.string_at("messageType") == "CONTROL_MESSAGE") return true;
  const auto framed = frame_of(text, kLogEvents);
  if (!framed) return false;
  ValueStream events(text.substr(framed->begin), true);
  for (Piece piece; events.next(piece);) open_log_event(recogniser, piece, depth);
  return true;
}

}  // namespace backtrail::ingest
