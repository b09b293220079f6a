#include "api/doors/sns_message.hpp"

#include "ingest/decode/decode.hpp"
#include "ingest/envelope/envelope.hpp"
#include "schema/core/json_tree.hpp"

namespace backtrail::api {
namespace {

using schema::Code;
using schema::fail;
using schema::JsonNode;

std::optional<SnsMessage::Type> type_of(std::string_view name) {
  for (const auto type : {SnsMessage::Type::kNotification, SnsMessage::Type::kSubscriptionConfirmation,
                          SnsMessage::Type::kUnsubscribeConfirmation})
    if (name == name_of(type)) return type;
  return std::nullopt;
}

}  // namespace

std::string_view name_of(SnsMessage::Type type) {
  switch (type) {
    case SnsMessage::Type::kSubscriptionConfirmation:
      return "SubscriptionConfirmation";
    case SnsMessage::Type::kUnsubscribeConfirmation:
      return "UnsubscribeConfirmation";
    default:
      return "Notification";
  }
}

schema::Result<std::optional<SnsMessage>> read_sns_message(std::string_view body) {
  using Answer = std::optional<SnsMessage>;
  std::string text(body);
  ingest::pad(text);
  schema::JsonParser parser;
  const auto parsed = parser.parse(text);
  if (!parsed || !ingest::is_sns_message(**parsed)) return Answer{};
  const JsonNode& node = **parsed;
  const auto field = [&node](std::string_view name) { return std::string(node.string_at(name)); };
  const auto type = type_of(node.string_at("Type"));
  if (!type) return fail(Code::kBadRecord, "an SNS message of a type that is not known");
  SnsMessage message;
  message.type = *type;
  message.message_id = field("MessageId");
  message.topic_arn = field("TopicArn");
  message.message = node.find("Message")->text();
  message.timestamp = field("Timestamp");
  if (const JsonNode* subject = node.find("Subject"); subject != nullptr && subject->is_string())
    message.subject = std::string(subject->text());
  message.token = field("Token");
  message.subscribe_url = field("SubscribeURL");
  message.signature_version = field("SignatureVersion");
  message.signature = field("Signature");
  message.signing_certificate_url = field("SigningCertURL");
  if (message.type != SnsMessage::Type::kNotification && (message.token.empty() || message.subscribe_url.empty()))
    return fail(Code::kBadRecord, "a confirmation of SNS without Token or SubscribeURL");
  return Answer{std::move(message)};
}

std::string sns_text_to_sign(const SnsMessage& message) {
  std::string text;
  const auto add = [&text](std::string_view key, std::string_view value) {
    text.append(key).append("\n").append(value).append("\n");
  };
  const bool notification = message.type == SnsMessage::Type::kNotification;
  add("Message", message.message);
  add("MessageId", message.message_id);
  if (notification && message.subject) add("Subject", *message.subject);
  if (!notification) add("SubscribeURL", message.subscribe_url);
  add("Timestamp", message.timestamp);
  if (!notification) add("Token", message.token);
  add("TopicArn", message.topic_arn);
  add("Type", name_of(message.type));
  return text;
}

}  // namespace backtrail::api
