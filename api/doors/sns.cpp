#include "api/doors/sns.hpp"

#include <any>
#include <spdlog/spdlog.h>

#include "api/doors/door.hpp"
#include "api/doors/ingest_doors.hpp"
#include "api/rest/answer.hpp"
#include "api/rest/problem.hpp"
#include "schema/core/time.hpp"
#include "schema/registry/api_keys.hpp"
#include "schema/registry/sns_subscriptions.hpp"

namespace backtrail::api {
namespace {

using schema::Code;

Problem no_key(std::string detail) {
  return {
      .status = 401,
      .detail = std::move(detail),
      .hint = "Put a key into the subscription's URL as https://sns:KEY@HOST/ingest/sns, or bind the topic to a key."};
}

}  // namespace

struct SnsDoor::Sender {
  Caller caller;
};

// The accounts that a topic may write are those of the key that it is bound to.
std::optional<Problem> SnsDoor::borrow_key(const Request& request, const std::string& key_id, Sender& sender) {
  const auto key = schema::find_api_key(api_, key_id, schema::now_us());
  if (!key) return not_stored(key.error(), request);
  if (!*key) return no_key("The key that this topic is bound to has ended.");
  const auto caller = caller_from(**key);
  if (!caller || !may(caller->role, kNeedsIngest))
    return no_key("The key that this topic is bound to may not deliver.");
  sender.caller = *caller;
  return std::nullopt;
}

std::optional<Problem> SnsDoor::admit(const Request& request, const std::optional<SnsMessage>& message,
                                      Sender& sender) {
  const auto* caller = std::any_cast<Caller>(&request.principal);
  if (caller != nullptr) sender.caller = *caller;
  if (!message || !verifier_.checks_signatures()) {
    if (caller == nullptr) return no_key("This is no signed message of SNS and carries no key.");
    return std::nullopt;
  }
  const auto key_id = verifier_.verify(*message, schema::now_us());
  if (!key_id) {
    spdlog::warn("request {}: an SNS message was refused: {}", request.request_id, key_id.error().detail);
    if (key_id.error().code != Code::kForbidden)
      return Problem{.status = 503, .detail = key_id.error().detail + ".", .retry_after_s = kDoorRetryAfter_s};
    return Problem{.status = 403, .detail = "Refused: " + key_id.error().detail + "."};
  }
  return caller != nullptr ? std::nullopt : borrow_key(request, *key_id, sender);
}

// Stored for a person to answer; nothing is fetched.
std::optional<Problem> SnsDoor::note_question(const Request& request, const SnsMessage& message, const Sender& sender) {
  const auto topic = parse_sns_topic(message.topic_arn);
  if (!topic || !is_sns_confirmation_url(message.subscribe_url))
    return Problem{.status = 403, .detail = "The TopicArn or SubscribeURL is not one of SNS."};
  if (!sender.caller.scope.allows(topic->account_id))
    return Problem{.status = 403, .detail = "The key may not write for the account of this topic."};
  const auto noted = schema::note_sns_subscription(
      ingest_, sender.caller.scope,
      {topic->account_id, message.topic_arn, std::string(name_of(message.type)), sender_text(message.message_id),
       message.subscribe_url, sender.caller.key_id, schema::now_us()});
  if (!noted) return not_stored(noted.error(), request);
  // Not the URL: whoever reads the log could answer with it.
  spdlog::info("{} of topic {} waits for a person: GET /api/v1/sns/subscriptions shows it", name_of(message.type),
               message.topic_arn);
  return std::nullopt;
}

void SnsDoor::handle(const std::shared_ptr<const Request>& request, const Done& done) {
  const auto refuse = [&](const Problem& problem) { done(door_refusal(*request, problem)); };
  if (request->body.empty()) return refuse(no_body());
  const auto message = read_sns_message(request->body);
  if (!message) return refuse({.status = 400, .detail = message.error().detail + "."});
  Sender sender;
  if (const auto problem = admit(*request, *message, sender)) return refuse(*problem);
  if (*message && (*message)->type != SnsMessage::Type::kNotification) {
    if (const auto problem = note_question(*request, **message, sender)) return refuse(*problem);
    return done(respond::json(receipt_json({})));
  }
  auto delivery = delivery_of(*request, "sns", sender.caller, request->take_body());
  delivery.sender_request_id =
      sender_text(*message ? (*message)->message_id : request->header("x-amz-sns-message-id").value_or(""));
  delivery.source = sender_text(*message ? (*message)->topic_arn : request->header("x-amz-sns-topic-arn").value_or(""));
  submit(intake_, std::move(delivery), request, done);
}

Response sns_subscriptions_list(const Request& request, const Caller& caller, schema::Database& api) {
  const auto subscriptions = schema::list_sns_subscriptions(api, caller.scope);
  if (!subscriptions) return problem_for(subscriptions.error(), request);
  Json list = Json::array();
  for (const auto& one : *subscriptions)
    list.push_back({{"topic_arn", one.topic_arn},
                    {"account_id", one.account_id},
                    {"kind", one.kind},
                    {"message_id", one.message_id},
                    {"subscribe_url", one.subscribe_url},
                    {"key_id", one.key_id},
                    {"requested_at", time_json(one.requested_us)}});
  return respond::json(dump({{"subscriptions", std::move(list)}}));
}

}  // namespace backtrail::api
