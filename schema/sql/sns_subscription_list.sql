-- The latest question of each SNS topic, the newest first; at most as many as a person reads.
-- Row: StoredSubscription (schema/registry/sns_subscriptions.cpp)
SELECT s.account_id, s.topic_arn, s.kind, s.message_id, s.subscribe_url, s.key_id, s.requested_at
FROM sns_subscription AS s
ORDER BY s.requested_at DESC, s.topic_arn
LIMIT 1000
