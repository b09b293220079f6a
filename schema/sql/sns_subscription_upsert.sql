-- Notes the latest question of an SNS topic; an older one does not replace a newer one.
-- $1 account id, $2 topic ARN, $3 kind, $4 message id, $5 subscribe URL, $6 key id, $7 now
INSERT INTO sns_subscription AS s (account_id, topic_arn, kind, message_id, subscribe_url, key_id, requested_at)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::timestamptz)
ON CONFLICT (account_id, topic_arn) DO UPDATE
SET kind = excluded.kind, message_id = excluded.message_id, subscribe_url = excluded.subscribe_url,
  key_id = excluded.key_id, requested_at = excluded.requested_at
WHERE s.requested_at <= excluded.requested_at
