// Calls to S3, DynamoDB, RDS, Glue, Athena, backup, queues and topics.
#include "ingest/sample/catalogue.hpp"

namespace backtrail::ingest::sample {
namespace {

// clang-format off
constexpr std::string_view kBucketResource = R"({"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<bucket>"})";
constexpr std::string_view kObjectResource = R"({"type":"AWS::S3::Object","ARN":"arn:aws:s3:::<bucket>/<object>"},{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<bucket>"})";
constexpr std::string_view kTableResource = R"({"accountId":"<account>","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:<region>:<account>:table/<table>"})";

constexpr ApiSpec kCalls[] = {
    {"s3", "ListBuckets", "r", R"({"Host":"s3.amazonaws.com"})"},
    {"s3", "GetBucketAcl", "r", R"({"acl":"","bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"})", {}, kBucketResource},
    {"s3", "GetBucketPolicy", "r", R"({"policy":"","bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"})", {}, kBucketResource},
    {"s3", "GetBucketPolicyStatus", "r", R"({"policyStatus":"","bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"})", {}, kBucketResource},
    {"s3", "GetBucketLocation", "r", R"({"location":"","bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"})", {}, kBucketResource},
    {"s3", "GetBucketEncryption", "r", R"({"encryption":"","bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"})", {}, kBucketResource},
    {"s3", "GetBucketTagging", "r", R"({"tagging":"","bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"})", {}, kBucketResource},
    {"s3", "GetBucketVersioning", "r", R"({"versioning":"","bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"})", {}, kBucketResource},
    {"s3", "GetBucketLogging", "r", R"({"logging":"","bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"})", {}, kBucketResource},
    {"s3", "GetBucketPublicAccessBlock", "r", R"({"publicAccessBlock":"","bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"})", {}, kBucketResource},
    {"s3", "GetBucketLifecycle", "r", R"({"lifecycle":"","bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"})", {}, kBucketResource},
    {"s3", "GetBucketReplication", "r", R"({"replication":"","bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"})", {}, kBucketResource},
    {"s3", "GetBucketWebsite", "r", R"({"website":"","bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"})", {}, kBucketResource},
    {"s3", "GetAccountPublicAccessBlock", "r", R"({"publicAccessBlock":"","Host":"<account>.s3-control.<region>.amazonaws.com"})"},
    {"s3", "PutBucketTagging", "w", R"({"tagging":"","bucketName":"<bucket>","Tagging":{"xmlns":"http://s3.amazonaws.com/doc/2006-03-01/","TagSet":{"Tag":{"Key":"owner","Value":"<service>"}}},"Host":"<bucket>.s3.<region>.amazonaws.com"})", {}, kBucketResource},
    {"s3", "PutBucketLifecycle", "w", R"({"lifecycle":"","bucketName":"<bucket>","LifecycleConfiguration":{"Rule":{"ID":"expire","Status":"Enabled","Expiration":{"Days":90}}},"Host":"<bucket>.s3.<region>.amazonaws.com"})", {}, kBucketResource},
    {"s3", "DeleteBucketPublicAccessBlock", "w", R"({"publicAccessBlock":"","bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"})", {}, kBucketResource},
    {"s3", "DeleteAccountPublicAccessBlock", "w", R"({"publicAccessBlock":"","Host":"<account>.s3-control.<region>.amazonaws.com"})"},
    {"s3", "GetObject", "rD", R"({"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","key":"<object>"})", {}, kObjectResource},
    {"s3", "HeadObject", "rD", R"({"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","key":"<object>"})", {}, kObjectResource},
    {"s3", "PutObject", "wD", R"({"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","key":"<object>","x-amz-server-side-encryption":"aws:kms"})", R"({"x-amz-server-side-encryption":"aws:kms","x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:<region>:<account>:key/<kms>"})", kObjectResource},
    {"s3", "DeleteObject", "wD", R"({"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","key":"<object>"})", {}, kObjectResource},
    {"s3", "ListObjects", "rD", R"({"list-type":"2","bucketName":"<bucket>","encoding-type":"url","prefix":"","max-keys":"1000","Host":"<bucket>.s3.<region>.amazonaws.com"})", {},
     R"({"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::<bucket>/"},{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<bucket>"})"},
    {"dynamodb", "ListTables", "r", R"({"limit":100})"},
    {"dynamodb", "DescribeTable", "r", R"({"tableName":"<table>"})", {}, kTableResource},
    {"dynamodb", "DescribeContinuousBackups", "r", R"({"tableName":"<table>"})", {}, kTableResource},
    {"dynamodb", "DeleteTable", "w", R"({"tableName":"<table>"})", R"({"tableDescription":{"tableName":"<table>","tableStatus":"DELETING","tableArn":"arn:aws:dynamodb:<region>:<account>:table/<table>"}})", kTableResource},
    {"dynamodb", "UpdateTable", "w", R"({"tableName":"<table>","provisionedThroughput":{"readCapacityUnits":<n2>,"writeCapacityUnits":<n2>}})",
     R"({"tableDescription":{"tableName":"<table>","tableStatus":"UPDATING","tableArn":"arn:aws:dynamodb:<region>:<account>:table/<table>","itemCount":<n6>,"tableSizeBytes":<n6><n3>}})", kTableResource},
    {"dynamodb", "Scan", "rD", R"({"tableName":"<table>","limit":100,"select":"ALL_ATTRIBUTES","returnConsumedCapacity":"NONE"})", {}, kTableResource},
    {"dynamodb", "Query", "rD", R"({"tableName":"<table>","keyConditionExpression":"HIDDEN_DUE_TO_SECURITY_REASONS","expressionAttributeValues":"HIDDEN_DUE_TO_SECURITY_REASONS"})", {}, kTableResource},
    {"dynamodb", "GetItem", "rD", R"({"tableName":"<table>","key":{"pk":"order#<n6>"},"consistentRead":false})", {}, kTableResource},
    {"dynamodb", "PutItem", "wD", R"({"tableName":"<table>","key":{"pk":"order#<n6>"},"returnConsumedCapacity":"NONE"})", {}, kTableResource},
    {"rds", "DescribeDBInstances", "r", R"({"dBInstanceIdentifier":"<database>"})"},
    {"rds", "DescribeDBClusters", "r", R"({"maxRecords":100})"},
    {"rds", "DescribeDBSnapshots", "r", R"({"dBInstanceIdentifier":"<database>","snapshotType":"automated","maxRecords":100,"includeShared":false,"includePublic":false})"},
    {"rds", "ListTagsForResource", "r", R"({"resourceName":"arn:aws:rds:<region>:<account>:db:<database>"})"},
    {"rds", "CreateDBSnapshot", "w", R"({"dBSnapshotIdentifier":"awsbackup-job-<uuid>","dBInstanceIdentifier":"<database>","tags":[{"key":"aws:backup:source-resource","value":"db-<hex16>"}]})",
     R"({"dBSnapshotIdentifier":"awsbackup-job-<uuid>","dBInstanceIdentifier":"<database>","engine":"postgres","allocatedStorage":200,"status":"creating","port":5432,"vpcId":"<vpc>","masterUsername":"postgres","engineVersion":"15.5","licenseModel":"postgresql-license","snapshotType":"manual","percentProgress":0,"storageType":"gp3","encrypted":true,"kmsKeyId":"arn:aws:kms:<region>:<account>:key/<kms>","dBSnapshotArn":"arn:aws:rds:<region>:<account>:snapshot:awsbackup-job-<uuid>"})"},
    {"glue", "GetTable", "r", R"({"databaseName":"lake","name":"<table>"})"},
    {"glue", "GetPartitions", "r", R"({"databaseName":"lake","tableName":"<table>","expression":"dt >= '<iso>'","maxResults":1000})"},
    {"glue", "BatchGetPartition", "r", R"({"databaseName":"lake","tableName":"<table>","partitionsToGet":[{"values":["<iso>"]}]})"},
    {"glue", "GetDatabases", "r", R"({"maxResults":100})"},
    {"athena", "StartQueryExecution", "w", R"({"queryString":"HIDDEN_DUE_TO_SECURITY_REASONS","clientRequestToken":"<uuid>","queryExecutionContext":{"database":"lake"},"resultConfiguration":{"outputLocation":"s3://<bucket>/athena/"},"workGroup":"primary"})", R"({"queryExecutionId":"<uuid2>"})"},
    {"athena", "GetQueryExecution", "r", R"({"queryExecutionId":"<uuid2>"})"},
    {"athena", "GetQueryResults", "r", R"({"queryExecutionId":"<uuid2>","maxResults":1000})"},
    {"backup", "StartBackupJob", "w", R"({"backupVaultName":"default","resourceArn":"arn:aws:ec2:<region>:<account>:volume/<volume>","iamRoleArn":"arn:aws:iam::<account>:role/service-role/AWSBackupDefaultServiceRole","startWindowMinutes":60})", R"({"backupJobId":"<uuid>","creationDate":"<date>","isParent":false})"},
    {"backup", "ListBackupJobs", "r", R"({"byState":"COMPLETED"})"},
    {"sqs", "GetQueueAttributes", "r", R"({"queueUrl":"https://sqs.<region>.amazonaws.com/<account>/<queue>","attributeNames":["ApproximateNumberOfMessages"]})"},
    {"sqs", "ListQueues", "r", R"({"maxResults":1000})"},
    {"sns", "ListTopics", "r"},
    {"sns", "GetTopicAttributes", "r", R"({"topicArn":"arn:aws:sns:<region>:<account>:<service>-alerts"})"},
    {"firehose", "DescribeDeliveryStream", "r", R"({"deliveryStreamName":"<service>-stream"})"},
    {"elasticfilesystem", "DescribeFileSystems", "r", R"({"maxItems":100})"},
    {"elasticache", "DescribeCacheClusters", "r", R"({"showCacheNodeInfo":true,"maxRecords":100})"},
    {"redshift", "DescribeClusters", "r", R"({"maxRecords":100})"},
    {"es", "ListDomainNames", "r"},
};
// clang-format on

}  // namespace

std::span<const ApiSpec> storage_calls() {
  return kCalls;
}

}  // namespace backtrail::ingest::sample
