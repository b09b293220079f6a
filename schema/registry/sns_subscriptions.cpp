#include "schema/registry/sns_subscriptions.hpp"

#include <backtrail_schema_sql.hpp>
#include <boost/describe.hpp>

#include "schema/core/time.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::schema {
namespace {

struct StoredSubscription {
  std::string account_id, topic_arn, kind, message_id, subscribe_url, key_id;
  TimeUs requested_at;
};
BOOST_DESCRIBE_STRUCT(StoredSubscription, (),
                      (account_id, topic_arn, kind, message_id, subscribe_url, key_id, requested_at))

}  // namespace

Result<void> note_sns_subscription(Database& ingest, const AccountScope& scope, const SnsSubscription& subscription) {
  return ingest.write(scope, [&](Transaction& tx) -> Result<void> {
    tx.exec(sql::sns_subscription_upsert, subscription.account_id, subscription.topic_arn, subscription.kind,
            subscription.message_id, subscription.subscribe_url, subscription.key_id,
            format_rfc3339(subscription.requested_us));
    return {};
  });
}

Result<std::vector<SnsSubscription>> list_sns_subscriptions(Database& api, const AccountScope& scope) {
  return api.read(scope, [](Transaction& tx) -> Result<std::vector<SnsSubscription>> {
    std::vector<SnsSubscription> list;
    for (auto& row : rows_as<StoredSubscription>(tx.exec(sql::sns_subscription_list)))
      list.push_back({std::move(row.account_id), std::move(row.topic_arn), std::move(row.kind),
                      std::move(row.message_id), std::move(row.subscribe_url), std::move(row.key_id),
                      row.requested_at.us});
    return list;
  });
}

}  // namespace backtrail::schema
