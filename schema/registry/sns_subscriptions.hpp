// SNS topics that asked for a confirmation of their subscription to us. A person answers by opening the URL; no part of
// the program ever does. One row per topic, the latest question. Functions are thread-safe.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "schema/core/error.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::schema {

struct SnsSubscription {
  std::string account_id, topic_arn;
  std::string kind;  // SubscriptionConfirmation, UnsubscribeConfirmation
  std::string message_id, subscribe_url, key_id;
  std::int64_t requested_us = 0;
};

// `ingest` connects as that role, `scope` is the key's: kBadData when the topic's account is not in it.
Result<void> note_sns_subscription(Database& ingest, const AccountScope& scope, const SnsSubscription& subscription);
// The newest first, at most 1,000. `api` connects as that role.
Result<std::vector<SnsSubscription>> list_sns_subscriptions(Database& api, const AccountScope& scope);

}  // namespace backtrail::schema
