// An API event (one CloudTrail record): typed facts, entities and the exact bytes.
//
// Events are immutable; identity is (event day, recipient account, event id, content fingerprint). Same id and
// fingerprint is a duplicate, same id and another fingerprint a variant. Values only: thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/core/hash.hpp"
#include "schema/core/time.hpp"
#include "schema/model/entity.hpp"

namespace backtrail::schema {

// Retention is set per class. Stored: never renumber.
enum class EventClass : std::uint8_t { kManagement = 1, kData = 2, kInsight = 3, kNetworkActivity = 4 };
enum class Outcome : std::uint8_t { kOk = 1, kDenied = 2, kFailed = 3 };

constexpr std::string_view name_of(EventClass event_class) {
  switch (event_class) {
    case EventClass::kManagement:
      return "management";
    case EventClass::kData:
      return "data";
    case EventClass::kInsight:
      return "insight";
    case EventClass::kNetworkActivity:
      return "network_activity";
  }
  return "";
}
constexpr std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return "ok";
    case Outcome::kDenied:
      return "denied";
    case Outcome::kFailed:
      return "failed";
  }
  return "";
}

// Bits of ApiEvent::flags. Stored: never renumber.
inline constexpr std::int32_t kFlagFuture = 1;          // event time more than 15 minutes after receipt
inline constexpr std::int32_t kFlagLeapSecond = 2;      // 23:59:60 stored as 23:59:59.999999
inline constexpr std::int32_t kFlagMadeId = 4;          // no usable eventID: one was derived from the record
inline constexpr std::int32_t kFlagMentionsCut = 8;     // more mentions than kMentionsMaxPerEvent
inline constexpr std::int32_t kFlagNoIdentity = 16;     // userIdentity missing or empty
inline constexpr std::int32_t kFlagNoRecipient = 32;    // no recipientAccountId: the caller's account was used
inline constexpr std::int32_t kFlagServiceMade = 64;    // invokedBy, or an AWS service itself
inline constexpr std::int32_t kFlagNulText = 256;       // a text holds U+0000; shown as U+FFFD
inline constexpr std::int32_t kFlagVpcPrivateIp = 128;  // a private source address: only meaningful with its account

inline constexpr std::size_t kMentionsMaxPerEvent = 1000;
inline constexpr std::int64_t kFutureToleranceUs = 15 * 60 * kMicrosPerSecond;

struct ApiEvent {
  std::string account_id;  // recipient: where it happened
  Uuid event_id{};
  Uuid content_fp{};
  std::int64_t event_time_us = 0;
  std::string region, service /* eventSource */, api /* eventName */;
  EventClass event_class = EventClass::kManagement;
  Outcome outcome = Outcome::kOk;
  std::optional<bool> read_only;
  std::string error_code, error_message;
  std::string identity_type;
  std::string caller_account_id;                                                           // who came
  std::optional<Entity> principal, session, access_key, instance, ip_address, user_agent;  // "by"
  std::string session_name, source_identity, invoked_by, source_address /* as sent */;
  std::optional<Uuid> shared_event_id;
  std::vector<Entity> mentions;  // "on": instances, resources, keys and principals that the record names
  std::int32_t flags = 0;
  std::string_view raw;  // exact bytes, owned by the delivery

  std::int32_t event_day() const { return day_of(event_time_us); }
};

}  // namespace backtrail::schema
