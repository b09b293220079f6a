// An SNS message: its fields come from the body, the text that is verified holds nothing else, and the addresses in it
// are believed only when they are SNS's own.
#include "api/doors/sns_message.hpp"
#include "api/doors/sns_url.hpp"
#include "schema/model/entity.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace backtrail;
using namespace backtrail::api;

namespace {

void check_urls(std::string_view text) {
  if (const auto url = parse_sns_certificate_url(text)) {
    FUZZ_PROMISE(url->url == text);
    FUZZ_PROMISE(url->host.starts_with("sns.") &&
                 (url->host.ends_with(".amazonaws.com") || url->host.ends_with(".amazonaws.com.cn")));
    FUZZ_PROMISE(url->file_name.find('/') == std::string::npos);
  }
  if (is_sns_confirmation_url(text)) {
    FUZZ_PROMISE(text.starts_with("https://sns.") && text.size() <= kSnsUrlBytesMax);
    FUZZ_PROMISE(text.find_first_of("\"'<>#\\ \r\n\t") == std::string_view::npos);
  }
  if (const auto topic = parse_sns_topic(text)) {
    FUZZ_PROMISE(schema::is_account_id(topic->account_id));
    FUZZ_PROMISE(text.ends_with(":sns:" + topic->region + ":" + topic->account_id + ":" + topic->name));
  }
}

void check_text(const SnsMessage& message) {
  const std::string text = sns_text_to_sign(message);
  const std::string first = "Message\n" + message.message + "\nMessageId\n" + message.message_id + "\n";
  const std::string last = "\nTopicArn\n" + message.topic_arn + "\nType\n" + std::string(name_of(message.type)) + "\n";
  FUZZ_PROMISE(text.starts_with(first) && text.ends_with(last));
  std::size_t between = sizeof("Timestamp\n") - 1 + message.timestamp.size();
  if (message.type != SnsMessage::Type::kNotification)
    between += sizeof("SubscribeURL\n\nToken\n\n") - 1 + message.subscribe_url.size() + message.token.size();
  else if (message.subject)
    between += sizeof("Subject\n\n") - 1 + message.subject->size();
  FUZZ_PROMISE(text.size() == first.size() + between + last.size());
}

}  // namespace

BACKTRAIL_FUZZ(input) {
  check_urls(input);
  const auto read = read_sns_message(input);
  if (!read || !*read) return;
  const SnsMessage& message = **read;
  const std::string text = fuzz::padded(input);
  schema::JsonParser parser;
  const auto node = parser.parse(text);
  FUZZ_PROMISE(node);
  for (const auto* field : {&message.message_id, &message.topic_arn, &message.message, &message.timestamp,
                            &message.token, &message.subscribe_url, &message.signature})
    FUZZ_PROMISE(fuzz::tree_says(**node, *field));
  if (message.type != SnsMessage::Type::kNotification)
    FUZZ_PROMISE(!message.token.empty() && !message.subscribe_url.empty());
  check_urls(message.signing_certificate_url);
  check_urls(message.subscribe_url);
  check_urls(message.topic_arn);
  check_text(message);
}
