// A message of Amazon SNS: its Message is a string that holds the payload.
//
// The signature is the business of the door that SNS itself calls; in a file, a queue or a record of another envelope
// the message is as trustworthy as what it came in.
#include "ingest/envelope/envelope.hpp"
#include "ingest/recognise.hpp"

namespace backtrail::ingest {

bool is_sns_message(const schema::JsonNode& node) {
  const auto* message = node.find("Message");
  return !node.string_at("Type").empty() && !node.string_at("TopicArn").empty() &&
         !node.string_at("MessageId").empty() && message != nullptr && message->is_string();
}

bool open_sns_message(Recogniser& recogniser, std::string_view text, const schema::JsonNode& node, int depth) {
  if (node.string_at("Type") != "Notification") {
    // The SNS door answers those itself; anywhere else a person should hear that they came the wrong way.
    recogniser.quarantine(
        schema::fail(schema::Code::kBadRecord, "unknown_shape: a question of SNS; subscribe with /ingest/sns"), text);
    return true;
  }
  const std::string_view message = node.find("Message")->text();
  if (looks_like_json(message))
    recogniser.expand_text(message, depth);
  else
    recogniser.quarantine(schema::fail(schema::Code::kBadRecord, "unknown_shape: an SNS message whose text is no JSON"),
                          text);
  return true;
}

}  // namespace backtrail::ingest
