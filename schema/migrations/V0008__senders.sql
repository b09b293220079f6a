-- Who sent a delivery, in the sender's own words, and SNS topics that ask for a confirmation of their subscription.
SET LOCAL ROLE backtrail_owner;
SET LOCAL search_path = backtrail, pg_temp;

ALTER TABLE delivery ADD COLUMN sender_request_id text NOT NULL DEFAULT '';  -- Firehose request id, SNS message id
ALTER TABLE delivery ADD COLUMN source text NOT NULL DEFAULT '';             -- ARN of the Firehose stream or SNS topic
ALTER TABLE delivery ADD COLUMN attributes text NOT NULL DEFAULT '';         -- JSON: common attributes of a Firehose stream

-- The latest question of each topic. A person answers it by opening the URL; the program never does.
CREATE TABLE sns_subscription (
  account_id text NOT NULL,  -- of the topic
  topic_arn text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('SubscriptionConfirmation', 'UnsubscribeConfirmation')),
  message_id text NOT NULL,
  subscribe_url text NOT NULL,
  key_id text NOT NULL,      -- who delivered it
  requested_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, topic_arn)
);
ALTER TABLE sns_subscription ENABLE ROW LEVEL SECURITY;
ALTER TABLE sns_subscription FORCE ROW LEVEL SECURITY;
CREATE POLICY sns_subscription_read ON sns_subscription FOR SELECT TO backtrail_api
  USING (current_setting('app.accounts', true) = '*' OR account_id = ANY (string_to_array(current_setting('app.accounts', true), ',')));
CREATE POLICY sns_subscription_ingest ON sns_subscription FOR ALL TO backtrail_ingest
  USING (current_setting('app.accounts', true) = '*' OR account_id = ANY (string_to_array(current_setting('app.accounts', true), ',')))
  WITH CHECK (current_setting('app.accounts', true) = '*' OR account_id = ANY (string_to_array(current_setting('app.accounts', true), ',')));
CREATE POLICY sns_subscription_maintain ON sns_subscription FOR ALL TO backtrail_maintenance USING (true) WITH CHECK (true);
GRANT SELECT ON sns_subscription TO backtrail_api;
GRANT SELECT, INSERT, UPDATE ON sns_subscription TO backtrail_ingest;
GRANT SELECT, DELETE ON sns_subscription TO backtrail_maintenance;
