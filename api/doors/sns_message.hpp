// An SNS message as it is posted, and the text that its signature covers. Pure; values only.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "schema/core/error.hpp"

namespace backtrail::api {

struct SnsMessage {
  enum class Type { kNotification, kSubscriptionConfirmation, kUnsubscribeConfirmation };
  Type type = Type::kNotification;
  std::string message_id, topic_arn, message, timestamp;
  std::optional<std::string> subject;        // notifications, where there is one
  std::string token, subscribe_url;          // confirmations
  std::string signature_version, signature;  // "" when there are none
  std::string signing_certificate_url;
};

std::string_view name_of(SnsMessage::Type type);

// Nothing when the body is no SNS message: raw delivery, or another sender. kBadRecord when it looks like one but
// lacks a field or says one twice.
schema::Result<std::optional<SnsMessage>> read_sns_message(std::string_view body);

// Keys in the order of bytes, each followed by its value, every line with its end. Source: "Verifying the signatures of
// Amazon SNS messages". The Token is part of both confirmations.
std::string sns_text_to_sign(const SnsMessage& message);

}  // namespace backtrail::api
