// Calls to IAM, STS, sign-in, the identity centre, KMS, secrets.
#include "ingest/sample/catalogue.hpp"

namespace backtrail::ingest::sample {
namespace {

// clang-format off
constexpr std::string_view kKeyResource = R"({"accountId":"<account>","type":"AWS::KMS::Key","ARN":"arn:aws:kms:<region>:<account>:key/<kms>"})";
constexpr std::string_view kRoleResource = R"({"accountId":"<account>","type":"AWS::IAM::Role","ARN":"<role_arn>"})";

constexpr ApiSpec kCalls[] = {
    {"iam", "GetUser", "rg", R"({"userName":"<user>"})"},
    {"iam", "GetRole", "rg", R"({"roleName":"<role>"})"},
    {"iam", "ListRoles", "rg", R"({"maxItems":1000})"},
    {"iam", "ListUsers", "rg", R"({"maxItems":1000})"},
    {"iam", "ListGroups", "rg", R"({"maxItems":1000})"},
    {"iam", "ListAttachedRolePolicies", "rg", R"({"roleName":"<role>"})"},
    {"iam", "ListRolePolicies", "rg", R"({"roleName":"<role>"})"},
    {"iam", "ListInstanceProfilesForRole", "rg", R"({"roleName":"<role>"})"},
    {"iam", "ListAttachedUserPolicies", "rg", R"({"userName":"<user>"})"},
    {"iam", "GetRolePolicy", "rg", R"({"roleName":"<role>","policyName":"inline"})"},
    {"iam", "GetPolicy", "rg", R"({"policyArn":"arn:aws:iam::<account>:policy/<service>-access"})"},
    {"iam", "GetPolicyVersion", "rg", R"({"policyArn":"arn:aws:iam::<account>:policy/<service>-access","versionId":"v<n1>"})"},
    {"iam", "ListPolicies", "rg", R"({"scope":"Local","onlyAttached":true,"maxItems":1000})"},
    {"iam", "ListAccessKeys", "rg", R"({"userName":"<user>"})"},
    {"iam", "GetAccessKeyLastUsed", "rg", R"({"accessKeyId":"AKIAEXAMPLE<n6>ABC"})"},
    {"iam", "ListMFADevices", "rg", R"({"userName":"<user>"})"},
    {"iam", "GetLoginProfile", "rg", R"({"userName":"<user>"})"},
    {"iam", "GetAccountSummary", "rg"},
    {"iam", "GetAccountPasswordPolicy", "rg"},
    {"iam", "GenerateCredentialReport", "rg", {}, R"({"state":"COMPLETE"})"},
    {"iam", "GetCredentialReport", "rg"},
    {"iam", "ListAccountAliases", "rg"},
    {"iam", "GenerateServiceLastAccessedDetails", "rg", R"({"arn":"<role_arn>"})", R"({"jobId":"<uuid>"})"},
    {"iam", "AttachRolePolicy", "wg", R"({"roleName":"<role>","policyArn":"arn:aws:iam::<account>:policy/<service>-access"})"},
    {"iam", "PutRolePolicy", "wg", R"({"roleName":"<role>","policyName":"inline","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:ListBucket\"],\"Resource\":[\"arn:aws:s3:::<bucket>\",\"arn:aws:s3:::<bucket>/*\"]}]}"})"},
    {"iam", "TagRole", "wg", R"({"roleName":"<role>","tags":[{"key":"owner","value":"<service>"}]})"},
    {"iam", "CreateRole", "wg", R"({"roleName":"<service>-<hex8>","path":"/","maxSessionDuration":3600,"assumeRolePolicyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"lambda.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}","tags":[{"key":"owner","value":"<service>"}]})",
     R"({"role":{"path":"/","roleName":"<service>-<hex8>","roleId":"AROAEXAMPLE<n6>ABCD","arn":"arn:aws:iam::<account>:role/<service>-<hex8>","createDate":"<date>","assumeRolePolicyDocument":"%7B%22Version%22%3A%222012-10-17%22%7D"}})"},
    {"iam", "CreatePolicyVersion", "wg", R"({"policyArn":"arn:aws:iam::<account>:policy/<service>-access","setAsDefault":true,"policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"dynamodb:*\",\"Resource\":\"arn:aws:dynamodb:*:<account>:table/<table>\"}]}"})",
     R"({"policyVersion":{"versionId":"v<n1>","isDefaultVersion":true,"createDate":"<date>"}})"},
    {"iam", "CreateUser", "wg", R"({"userName":"<user>"})"},
    {"iam", "CreateAccessKey", "wg", R"({"userName":"<user>"})"},
    {"iam", "CreateLoginProfile", "wg", R"({"userName":"<user>","passwordResetRequired":false})"},
    {"iam", "UpdateAccessKey", "wg", R"({"userName":"<user>","status":"Inactive"})"},
    {"iam", "AttachUserPolicy", "wg", R"({"userName":"<user>"})"},
    {"iam", "SimulatePrincipalPolicy", "rg", R"({"policySourceArn":"<role_arn>","actionNames":["s3:GetObject"]})"},
    {"sts", "GetCallerIdentity", "r"},
    {"sts", "AssumeRole", "r", R"({"roleArn":"<role_arn>","roleSessionName":"<session>","durationSeconds":3600})",
     R"({"credentials":{"accessKeyId":"<key>","sessionToken":"<token>","expiration":"<date_hour>"},"assumedRoleUser":{"assumedRoleId":"<role_id>:<session>","arn":"arn:aws:sts::<account>:assumed-role/<role>/<session>"}})", kRoleResource},
    {"sts", "AssumeRoleWithWebIdentity", "r", R"({"roleArn":"<role_arn>","roleSessionName":"<session>"})",
     R"({"credentials":{"accessKeyId":"<key>","sessionToken":"<token>","expiration":"<date_hour>"},"subjectFromWebIdentityToken":"<subject>","assumedRoleUser":{"assumedRoleId":"<role_id>:<session>","arn":"arn:aws:sts::<account>:assumed-role/<role>/<session>"},"provider":"arn:aws:iam::<account>:oidc-provider/<provider>","audience":"sts.amazonaws.com"})", kRoleResource},
    {"sts", "AssumeRoleWithSAML", "r", R"({"sAMLAssertionID":"_<uuid>","roleSessionName":"<session>","durationSeconds":43200,"roleArn":"<role_arn>","principalArn":"arn:aws:iam::<account>:saml-provider/AWSSSO_<hex16>_DO_NOT_DELETE"})",
     R"({"subjectType":"persistent","issuer":"https://portal.sso.us-east-1.amazonaws.com/saml/assertion/<page>","credentials":{"accessKeyId":"<key>","sessionToken":"<token>","expiration":"<date_hour>"},"nameQualifier":"<hex32>=","assumedRoleUser":{"assumedRoleId":"<role_id>:<session>","arn":"arn:aws:sts::<account>:assumed-role/<role>/<session>"},"subject":"<session>","audience":"https://signin.aws.amazon.com/saml"})", kRoleResource},
    {"signin", "ConsoleLogin", "ws", {}, R"({"ConsoleLogin":"Success"})"},
    {"signin", "SwitchRole", "ws", {}, R"({"SwitchRole":"Success"})"},
    {"sso", "Authenticate", "rg"},
    {"sso", "Federate", "rg", {}, {}},
    {"sso", "GetRoleCredentials", "rg", R"({"role_name":"<role>","account_id":"<account>"})"},
    {"sso", "ListAccounts", "rg", R"({"max_results":100})"},
    {"kms", "Decrypt", "r", R"({"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::<bucket>"}})", {}, kKeyResource},
    {"kms", "GenerateDataKey", "r", R"({"keyId":"arn:aws:kms:<region>:<account>:key/<kms>","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::<bucket>/AWSLogs/<account>/CloudTrail/<region>/<hex16>.json.gz"},"keySpec":"AES_256"})", {}, kKeyResource},
    {"kms", "Encrypt", "r", R"({"keyId":"arn:aws:kms:<region>:<account>:key/<kms>","encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"PARAMETER_ARN":"arn:aws:ssm:<region>:<account>:parameter<param>"}})", {}, kKeyResource},
    {"kms", "Sign", "r", R"({"keyId":"arn:aws:kms:<region>:<account>:key/<kms>","messageType":"RAW","signingAlgorithm":"RSASSA_PKCS1_V1_5_SHA_256"})", {}, kKeyResource},
    {"kms", "DescribeKey", "r", R"({"keyId":"<kms>"})", {}, kKeyResource},
    {"kms", "GetKeyPolicy", "r", R"({"keyId":"<kms>","policyName":"default"})", {}, kKeyResource},
    {"kms", "GetKeyRotationStatus", "r", R"({"keyId":"<kms>"})", {}, kKeyResource},
    {"kms", "RotateKey", "we", {}, R"({"keyId":"<kms>","backingKeyId":"<hex32><hex32>"})", kKeyResource},
    {"kms", "ListAliases", "r", R"({"limit":100})"},
    {"kms", "ListKeys", "r", R"({"limit":1000})"},
    {"kms", "CreateGrant", "w", R"({"keyId":"arn:aws:kms:<region>:<account>:key/<kms>","granteePrincipal":"ec2.<region>.amazonaws.com","operations":["Decrypt","GenerateDataKeyWithoutPlaintext","CreateGrant"],"constraints":{"encryptionContextSubset":{"aws:ebs:id":"<volume>"}},"retiringPrincipal":"ec2.<region>.amazonaws.com"})",
     R"({"grantId":"<hex32><hex32>","keyId":"arn:aws:kms:<region>:<account>:key/<kms>"})", kKeyResource},
    {"secretsmanager", "GetSecretValue", "r", R"({"secretId":"arn:aws:secretsmanager:<region>:<account>:secret:<secret>-AbCdEf"})"},
    {"secretsmanager", "RotationSucceeded", "we", {}, R"({"SecretId":"arn:aws:secretsmanager:<region>:<account>:secret:<secret>-AbCdEf"})"},
    {"secretsmanager", "DescribeSecret", "r", R"({"secretId":"<secret>"})"},
    {"secretsmanager", "ListSecrets", "r", R"({"maxResults":100})"},
    {"secretsmanager", "GetResourcePolicy", "r", R"({"secretId":"<secret>"})"},
    {"access-analyzer", "ListFindings", "r", R"({"analyzerArn":"arn:aws:access-analyzer:<region>:<account>:analyzer/org","filter":{"status":{"eq":["ACTIVE"]}}})"},
    {"organizations", "DescribeOrganization", "rg"},
    {"organizations", "ListAccounts", "rg", R"({"maxResults":20})"},
    {"organizations", "ListParents", "rg", R"({"childId":"<account>"})"},
};
// clang-format on

}  // namespace

std::span<const ApiSpec> identity_calls() {
  return kCalls;
}

}  // namespace backtrail::ingest::sample
