#include "ingest/sample/background.hpp"

#include <algorithm>
#include <bit>

#include "ingest/sample/identity.hpp"

namespace backtrail::ingest::sample {
namespace {

enum AccountKind { kWorkload, kData, kShared, kSecurityKind, kQuiet };

AccountKind kind_of(int account) {
  switch (account) {
    case kDataLake: case kDataAnalytics: return kData;
    case kSharedServices: case kNetwork: return kShared;
    case kSecurity: case kLogArchive: case kForensics: return kSecurityKind;
    case kManagement: case kSandbox: return kQuiet;
    default: return kWorkload;
  }
}

constexpr int kActivityByHour[24] = {22, 18, 16, 16, 18, 24, 36, 52, 66, 74, 76, 72,
                                     70, 76, 84, 90, 88, 82, 70, 58, 48, 40, 32, 26};
constexpr int kActivityByLocalHour[24] = {1, 1, 1, 1, 1, 2, 8, 25, 70, 95, 100, 95, 60, 85, 100, 95, 85, 60, 30, 15, 12, 10, 5, 2};

bool weekend(std::int64_t seconds) {
  const std::int64_t day = day_of(seconds) + 4;  // 1970-01-01 was a Thursday; 0 is Sunday
  const std::int64_t weekday = day - floor_to(day, 7);
  return weekday == 0 || weekday == 6;
}

}  // namespace

std::size_t zipf(Rng& rng, std::size_t n) {
  // Every power of two of ranks is equally likely, and so is every rank within one.
  const auto levels = static_cast<std::uint64_t>(std::bit_width(n));
  for (;;) {
    const std::uint64_t level = rng.below(levels);
    const std::uint64_t rank = (1ULL << level) + rng.below(1ULL << level) - 1;
    if (rank < n) return static_cast<std::size_t>(rank);
  }
}

int human_activity(std::int64_t seconds) {
  const auto hour = static_cast<std::size_t>((seconds - floor_to(seconds, kDay)) / kHour);
  return weekend(seconds) ? kActivityByHour[hour] / 4 : kActivityByHour[hour];
}

int working_activity(std::int64_t seconds, int utc_offset_hours) {
  const std::int64_t local = seconds + utc_offset_hours * kHour;
  const auto hour = static_cast<std::size_t>((local - floor_to(local, kDay)) / kHour);
  return weekend(local) ? kActivityByLocalHour[hour] / 6 : kActivityByLocalHour[hour];
}

const std::array<Background::Kind, 21> Background::kKinds{{
    //                                       work data shar sec quiet
    {&Background::heartbeats,                {130, 80, 110, 40, 40}, false},
    {&Background::function_calls,            {190, 90, 80, 60, 20}, false},
    {&Background::workload_calls,            {130, 40, 30, 0, 0}, false},
    {&Background::service_keys,              {100, 90, 80, 180, 60}, false},
    {&Background::configuration_recorder,    {60, 50, 60, 90, 120}, false},
    {&Background::scaling_group,             {35, 20, 20, 2, 4}, false},
    {&Background::service_linked_scan,       {25, 15, 25, 60, 40}, false},
    {&Background::backups,                   {8, 14, 8, 4, 2}, false},
    {&Background::object_traffic,            {40, 330, 60, 120, 10}, false},
    {&Background::exporter,                  {110, 30, 40, 10, 10}, false},
    {&Background::patching,                  {14, 10, 14, 6, 6}, false},
    {&Background::console_browsing,          {50, 50, 60, 110, 160}, true},
    {&Background::terminal,                  {24, 40, 44, 50, 60}, true},
    {&Background::portal,                    {0, 0, 0, 0, 60}, true},
    {&Background::failed_logins,             {1, 1, 1, 1, 4}, true},
    {&Background::root_login,                {0, 0, 0, 0, 1}, true},
    {&Background::terraform,                 {60, 40, 80, 40, 50}, false},
    {&Background::deployment,                {40, 20, 160, 4, 4}, true},
    {&Background::security_sweep,            {45, 45, 45, 90, 90}, false},
    {&Background::vendor_sweep,              {25, 25, 25, 40, 60}, false},
    {&Background::analytics,                 {4, 60, 6, 10, 2}, true},
}};

Background::Background(const Organisation& organisation, const Catalogue& catalogue)
    : organisation_(organisation),
      catalogue_(catalogue),
      assume_role_(catalogue.find("sts:AssumeRole")),
      assume_web_(catalogue.find("sts:AssumeRoleWithWebIdentity")),
      caller_identity_(catalogue.find("sts:GetCallerIdentity")),
      console_login_(catalogue.find("signin:ConsoleLogin")),
      switch_role_(catalogue.find("signin:SwitchRole")),
      heartbeat_(catalogue.find("ssm:UpdateInstanceInformation")) {
  beats_ = calls({"ssm:ListInstanceAssociations", "ssm:UpdateInstanceAssociationStatus", "ssm:PutInventory"});
  function_pool_ = calls({"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "s3:GetObject", "s3:PutObject",
                          "secretsmanager:GetSecretValue", "ssm:GetParameter", "ssm:GetParametersByPath", "kms:Decrypt",
                          "sqs:GetQueueAttributes", "lambda:Invoke", "ses:SendEmail", "logs:CreateLogStream",
                          "kms:Sign", "ecs:DescribeTasks", "xray:GetSamplingRules"});
  workload_pool_ = calls({"route53:ListHostedZones", "route53:ListResourceRecordSets", "ec2:DescribeInstances",
                          "ec2:DescribeInstanceTypes", "ec2:DescribeLaunchTemplateVersions", "ssm:GetParameter",
                          "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret", "ec2:DescribeSubnets",
                          "ec2:DescribeSecurityGroups", "elasticloadbalancing:DescribeTargetHealth",
                          "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:RegisterTargets",
                          "elasticloadbalancing:DeregisterTargets", "autoscaling:DescribeAutoScalingGroups",
                          "s3:PutObject", "s3:GetObject", "dynamodb:Query", "dynamodb:PutItem", "ec2:DescribeVolumes",
                          "ec2:CreateTags", "ec2:CreateNetworkInterface", "ec2:AssignPrivateIpAddresses",
                          "eks:DescribeCluster"});
  service_key_calls_ = calls({"kms:Decrypt", "kms:GenerateDataKey", "kms:Decrypt", "kms:GenerateDataKey", "s3:GetBucketAcl",
                              "logs:CreateLogStream"});
  recorder_calls_ = calls({"ec2:DescribeInstances", "ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeRouteTables",
                           "ec2:DescribeSecurityGroups", "ec2:DescribeNetworkAcls", "ec2:DescribeVolumes",
                           "ec2:DescribeAddresses", "ec2:DescribeVpcEndpoints", "s3:GetBucketAcl", "s3:GetBucketPolicy",
                           "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketLifecycle",
                           "s3:GetBucketReplication", "s3:GetBucketWebsite", "rds:DescribeDBInstances",
                           "lambda:GetFunctionConfiguration20150331v2", "kms:GetKeyPolicy", "kms:DescribeKey",
                           "iam:ListRolePolicies", "iam:GetRole", "iam:ListAttachedRolePolicies", "iam:GetRolePolicy",
                           "elasticloadbalancing:DescribeLoadBalancers", "dynamodb:DescribeTable",
                           "autoscaling:DescribeAutoScalingGroups", "cloudformation:DescribeStacks"});
  scaling_calls_ = calls({"ec2:DescribeInstances", "ec2:DescribeInstanceStatus", "ec2:DescribeLaunchTemplateVersions",
                          "elasticloadbalancing:DescribeTargetHealth", "ec2:DescribeSubnets",
                          "ec2:DescribeAvailabilityZones", "elasticloadbalancing:DescribeTargetGroups"});
  scaling_writes_ = calls({"ec2:RunInstances", "ec2:TerminateInstances", "elasticloadbalancing:RegisterTargets",
                           "elasticloadbalancing:DeregisterTargets", "ec2:CreateTags"});
  inspection_calls_ = calls({"ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces", "ec2:DescribeImages",
                             "ec2:DescribeSnapshots", "ec2:DescribeVpcEndpoints", "ecr:BatchGetImage",
                             "ecr:GetDownloadUrlForLayer", "ssm:DescribeInstanceInformation",
                             "lambda:ListFunctions20150331", "lambda:GetFunction20150331v2", "ec2:DescribeVolumes",
                             "ecr:DescribeImages", "lambda:ListTags20170331", "eks:ListClusters"});
  backup_calls_ = calls({"ec2:CreateSnapshot", "ec2:DescribeSnapshots", "ec2:DescribeVolumes", "ec2:DeleteSnapshot",
                         "rds:CreateDBSnapshot", "rds:DescribeDBSnapshots", "ec2:CreateTags", "backup:ListBackupJobs",
                         "rds:ListTagsForResource", "backup:StartBackupJob"});
  object_calls_ = calls({"s3:GetObject", "s3:GetObject", "s3:GetObject", "s3:PutObject", "s3:PutObject", "s3:HeadObject",
                         "s3:ListObjects", "kms:Decrypt", "kms:GenerateDataKey", "s3:GetBucketLocation"});
  exporter_calls_ = calls({"monitoring:GetMetricData", "monitoring:GetMetricData", "monitoring:ListMetrics",
                           "tagging:GetResources", "monitoring:DescribeAlarms", "ses:SendEmail", "s3:PutObject",
                           "cloudfront:CreateInvalidation", "sqs:ListQueues", "ec2:DescribeInstances"});
  patch_calls_ = calls({"ssm:SendCommand", "ssm:ListCommandInvocations", "ssm:DescribeInstancePatchStates",
                        "ssm:GetCommandInvocation", "ssm:DescribeInstanceInformation"});
  patch_host_calls_ = calls({"ssm:GetDeployablePatchSnapshotForInstance", "s3:GetObject", "ssm:PutComplianceItems",
                             "ssm:PutInventory", "ssm:UpdateInstanceAssociationStatus"});
  page_calls_ = calls({"ec2:DescribeInstances", "ec2:DescribeInstanceStatus", "ec2:DescribeVolumes", "ec2:DescribeTags",
                       "ec2:DescribeSecurityGroups", "ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeKeyPairs",
                       "ec2:DescribeAddresses", "ec2:DescribeAccountAttributes", "ec2:DescribeRegions",
                       "autoscaling:DescribeAutoScalingGroups", "elasticloadbalancing:DescribeLoadBalancers",
                       "elasticloadbalancing:DescribeTargetGroups", "monitoring:DescribeAlarms", "logs:DescribeLogGroups",
                       "logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:StartQuery", "s3:ListBuckets",
                       "s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:GetBucketPublicAccessBlock",
                       "s3:GetBucketPolicyStatus", "s3:GetBucketAcl", "lambda:ListFunctions20150331",
                       "lambda:GetFunction20150331v2", "iam:ListRoles", "iam:GetRole", "iam:ListUsers",
                       "iam:ListAccessKeys", "iam:GetAccountSummary", "iam:ListAccountAliases", "iam:ListMFADevices",
                       "rds:DescribeDBInstances", "rds:DescribeDBClusters", "dynamodb:ListTables",
                       "dynamodb:DescribeTable", "cloudformation:ListStacks", "cloudformation:DescribeStackEvents",
                       "health:DescribeEventAggregates", "notifications:ListNotificationHubs", "ce:GetCostAndUsage",
                       "cloudtrail:LookupEvents", "cloudtrail:DescribeTrails", "guardduty:ListDetectors",
                       "guardduty:ListFindings", "guardduty:GetFindings", "resource-explorer-2:Search",
                       "ssm:DescribeParameters", "ssm:GetParameter", "ssm:DescribeInstanceInformation",
                       "ecs:DescribeServices", "ecs:ListTasks", "eks:ListClusters", "kms:ListAliases", "sns:ListTopics",
                       "servicequotas:ListServiceQuotas", "support:DescribeTrustedAdvisorChecks", "acm:ListCertificates"});
  page_writes_ = calls({"ssm:StartSession", "ec2:ModifyInstanceAttribute", "ec2:AuthorizeSecurityGroupIngress",
                        "ec2:RevokeSecurityGroupIngress", "ssm:PutParameter", "ecs:UpdateService", "iam:AttachRolePolicy",
                        "s3:PutBucketLifecycle", "monitoring:PutMetricAlarm", "autoscaling:SetDesiredCapacity",
                        "logs:PutRetentionPolicy", "ec2:CreateTags"});
  terminal_calls_ = calls({"sts:GetCallerIdentity", "ec2:DescribeInstances", "logs:FilterLogEvents", "ssm:GetParameter",
                           "ssm:StartSession", "s3:ListObjects", "s3:GetObject", "s3:ListBuckets", "eks:DescribeCluster",
                           "ecr:GetAuthorizationToken", "ecs:DescribeServices", "ecs:DescribeTasks",
                           "secretsmanager:GetSecretValue", "cloudformation:DescribeStacks", "lambda:GetFunction20150331v2",
                           "dynamodb:Query", "dynamodb:Scan", "iam:GetRole", "iam:SimulatePrincipalPolicy",
                           "codepipeline:GetPipelineState", "rds:DescribeDBInstances"});
  portal_calls_ = calls({"sso:Authenticate", "sso:ListAccounts", "sso:Federate", "sso:GetRoleCredentials"});
  plan_calls_ = calls({"sts:GetCallerIdentity", "ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeSubnets",
                       "ec2:DescribeRouteTables", "ec2:DescribeInternetGateways", "ec2:DescribeNatGateways",
                       "ec2:DescribeNetworkAcls", "ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules",
                       "ec2:DescribeVpcEndpoints", "ec2:DescribeFlowLogs", "ec2:DescribeLaunchTemplateVersions",
                       "autoscaling:DescribeAutoScalingGroups", "elasticloadbalancing:DescribeLoadBalancers",
                       "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeTargetGroups",
                       "ecs:DescribeServices", "ecs:DescribeTaskDefinition", "iam:GetRole", "iam:ListRolePolicies",
                       "iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion",
                       "iam:ListInstanceProfilesForRole", "s3:GetBucketPolicy", "s3:GetBucketAcl",
                       "s3:GetBucketVersioning", "s3:GetBucketLogging", "s3:GetBucketEncryption", "s3:GetBucketTagging",
                       "s3:GetBucketReplication", "s3:GetBucketLifecycle", "s3:GetBucketWebsite", "kms:DescribeKey",
                       "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "rds:DescribeDBInstances",
                       "rds:ListTagsForResource", "dynamodb:DescribeTable", "dynamodb:DescribeContinuousBackups",
                       "lambda:GetFunction20150331v2", "logs:DescribeLogGroups", "ssm:GetParameter",
                       "ssm:ListTagsForResource", "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy",
                       "sns:GetTopicAttributes", "sqs:GetQueueAttributes", "route53:ListResourceRecordSets",
                       "application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies"});
  apply_calls_ = calls({"ec2:CreateTags", "ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress",
                        "ec2:CreateLaunchTemplateVersion", "autoscaling:UpdateAutoScalingGroup", "iam:PutRolePolicy",
                        "iam:TagRole", "iam:CreateRole", "iam:AttachRolePolicy", "iam:CreatePolicyVersion",
                        "ssm:PutParameter", "s3:PutBucketTagging", "dynamodb:UpdateTable", "ecs:RegisterTaskDefinition",
                        "ecs:UpdateService", "monitoring:PutMetricAlarm", "logs:PutRetentionPolicy",
                        "route53:ChangeResourceRecordSets", "lambda:UpdateFunctionCode20150331v2"});
  deploy_calls_ = calls({"codeartifact:GetAuthorizationToken", "ecr:GetAuthorizationToken",
                         "ecr:BatchCheckLayerAvailability", "ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload",
                         "ecr:PutImage", "ecr:BatchGetImage", "ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition",
                         "ecs:UpdateService", "ecs:DescribeServices", "ecs:DescribeServices",
                         "cloudformation:CreateChangeSet", "cloudformation:DescribeStacks",
                         "cloudformation:ExecuteChangeSet", "cloudformation:DescribeStackEvents",
                         "lambda:UpdateFunctionCode20150331v2", "lambda:GetFunctionConfiguration20150331v2",
                         "codebuild:BatchGetBuilds", "codebuild:StartBuild", "codepipeline:GetPipelineState",
                         "s3:PutObject", "ssm:GetParameters"});
  audit_calls_ = calls({"sts:GetCallerIdentity", "organizations:DescribeOrganization", "organizations:ListAccounts",
                        "organizations:ListParents", "iam:GenerateCredentialReport", "iam:GetCredentialReport",
                        "iam:GetAccountSummary", "iam:GetAccountPasswordPolicy", "iam:ListUsers", "iam:ListGroups",
                        "iam:ListRoles", "iam:ListPolicies", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed",
                        "iam:ListMFADevices", "iam:GetLoginProfile", "iam:ListAttachedUserPolicies",
                        "iam:ListAttachedRolePolicies", "iam:GetRolePolicy", "iam:GenerateServiceLastAccessedDetails",
                        "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors",
                        "config:DescribeConfigurationRecorders", "config:DescribeConfigurationRecorderStatus",
                        "config:DescribeConfigRules", "config:DescribeComplianceByConfigRule", "guardduty:ListDetectors",
                        "guardduty:GetDetector", "securityhub:DescribeHub", "securityhub:GetEnabledStandards",
                        "securityhub:GetFindings", "inspector2:BatchGetAccountStatus", "inspector2:ListCoverage",
                        "access-analyzer:ListFindings", "ec2:DescribeRegions", "ec2:DescribeInstances", "ec2:DescribeVpcs",
                        "ec2:DescribeSecurityGroups", "ec2:DescribeNetworkAcls", "ec2:DescribeFlowLogs",
                        "ec2:DescribeVolumes", "ec2:DescribeSnapshots", "ec2:DescribeImages", "ec2:DescribeAddresses",
                        "ec2:GetEbsEncryptionByDefault", "ec2:DescribeNetworkInterfaces", "s3:ListBuckets",
                        "s3:GetAccountPublicAccessBlock", "s3:GetBucketAcl", "s3:GetBucketPolicy",
                        "s3:GetBucketPolicyStatus", "s3:GetBucketEncryption", "s3:GetBucketLogging",
                        "s3:GetBucketVersioning", "s3:GetBucketPublicAccessBlock", "kms:ListKeys", "kms:DescribeKey",
                        "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "rds:DescribeDBInstances",
                        "rds:DescribeDBSnapshots", "rds:DescribeDBClusters", "lambda:ListFunctions20150331",
                        "lambda:GetFunctionConfiguration20150331v2", "dynamodb:ListTables", "sns:ListTopics",
                        "sqs:ListQueues", "secretsmanager:ListSecrets", "elasticloadbalancing:DescribeLoadBalancers",
                        "elasticloadbalancing:DescribeListeners", "ecr:DescribeRepositories", "eks:ListClusters",
                        "cloudfront:ListDistributions", "acm:ListCertificates", "wafv2:ListWebACLs",
                        "elasticfilesystem:DescribeFileSystems", "elasticache:DescribeCacheClusters",
                        "redshift:DescribeClusters", "es:ListDomainNames", "monitoring:DescribeAlarms",
                        "logs:DescribeLogGroups", "tagging:GetResources", "config:SelectResourceConfig"});
  analytics_calls_ = calls({"athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryExecution",
                            "athena:GetQueryResults", "glue:GetTable", "glue:GetPartitions", "glue:BatchGetPartition",
                            "glue:GetDatabases", "s3:GetBucketLocation", "kms:Decrypt"});
  root_calls_ = calls({"iam:GetAccountSummary", "iam:ListMFADevices", "ce:GetCostAndUsage",
                       "health:DescribeEventAggregates", "organizations:DescribeOrganization"});
}

void Background::plan(std::uint32_t events, Plan& plan) const {
  const Unit& unit = plan.unit();
  Rng rng(mix(unit.seed, tag("background")));
  const auto column = static_cast<std::size_t>(kind_of(unit.account_index));
  const int activity = human_activity(unit.begin + (unit.end - unit.begin) / 2);
  std::array<std::uint64_t, kKinds.size()> up_to{};
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    const int weight = kKinds[i].weights[column];
    total += static_cast<std::uint64_t>(kKinds[i].human ? weight * (activity + 12) / 50 : weight);
    up_to[i] = total;
  }
  const std::size_t wanted = plan.events().size() + events;
  while (plan.events().size() < wanted) {
    const std::uint64_t draw = rng.below(total);
    const auto kind = static_cast<std::size_t>(std::upper_bound(up_to.begin(), up_to.end(), draw) - up_to.begin());
    Making making{plan, rng, *unit.account, unit.region, unit.begin, unit.end,
                  static_cast<std::uint32_t>(wanted - plan.events().size())};
    (this->*kKinds[kind].maker)(making);
  }
}

Background::Calls Background::calls(std::initializer_list<std::string_view> names) const {
  Calls found;
  found.reserve(names.size());
  for (const auto name : names) found.push_back(catalogue_.find(name));
  return found;
}

bool Background::allowed(const Making& m, ApiIndex index) const {
  const Api& api = catalogue_.at(index);
  if (api.global && m.region != kUsEast1) return false;
  const bool object_data = api.object_store && api.data_event;
  return !object_data || &m.account != &organisation_.account(kAccountWithoutDataEvents);
}

ApiIndex Background::pick(Making& m, const Calls& from) const {
  for (int tries = 0; tries < 12; ++tries) {
    const ApiIndex api = from[m.rng.below(from.size())];
    if (allowed(m, api)) return api;
  }
  return caller_identity_;
}

std::int64_t Background::some_time(Making& m) const {
  return m.begin + static_cast<std::int64_t>(m.rng.below(static_cast<std::uint64_t>(m.end - m.begin)));
}

std::int64_t Background::working_time(Making& m, const Person& person) const {
  std::int64_t when = some_time(m);
  for (int tries = 0; tries < 6; ++tries) {
    if (static_cast<int>(m.rng.below(100)) < working_activity(when, person.utc_offset_hours)) break;
    when = some_time(m);
  }
  return when;
}

std::int64_t Background::scatter(Making& m, std::uint32_t burst, const Calls& from, std::uint32_t count,
                                 std::int64_t start, std::int64_t gap_s, unsigned denied_per_mille) const {
  std::int64_t when = start;
  for (std::uint32_t i = 0; i < count && m.budget > 0; ++i, --m.budget) {
    const Result result = m.rng.per_mille(denied_per_mille) ? Result::kDenied : Result::kOk;
    m.plan.add(burst, when, pick(m, from), i, result);
    if (i + 1 < count) when += static_cast<std::int64_t>(m.rng.below(static_cast<std::uint64_t>(2 * gap_s + 1)));
  }
  return when;
}

std::int64_t Background::sweep(Making& m, std::uint32_t burst, const Calls& list, std::uint32_t count, std::int64_t start,
                               unsigned calls_per_second, unsigned denied_per_mille) const {
  std::size_t at = m.rng.below(list.size());
  std::int64_t when = start;
  for (std::uint32_t i = 0; i < count && m.budget > 0; ++i, --m.budget) {
    while (!allowed(m, list[at])) at = (at + 1) % list.size();
    const std::uint64_t draw = m.rng.below(1000);
    const Result result = draw < denied_per_mille       ? Result::kDenied
                          : draw < denied_per_mille + 3 ? Result::kThrottled
                                                        : Result::kOk;
    when = start + i / calls_per_second;
    m.plan.add(burst, when, list[at], i, result);
    at = (at + 1) % list.size();
  }
  return when;
}

Burst Background::role_burst(Making& m, const Role& role, std::string_view session, std::uint64_t key_seed,
                             std::int64_t created, std::string_view ip, std::string_view agent) const {
  const std::string key = temporary_key_id(key_seed);
  RoleSession identity;
  identity.account_id = m.account.id;
  identity.role = &role;
  identity.session = session;
  identity.key = key;
  identity.created = created;
  Burst burst;
  burst.seed = m.rng.next();
  burst.sticky = m.rng.next() | 1;
  burst.role = &role;
  burst.identity = m.plan.keep_with([&](Text& out) { put_role_session(identity, out); });
  burst.arn = m.plan.keep_with([&](Text& out) { put_role_session_arn(identity, out); });
  burst.ip = m.plan.keep(ip);
  burst.agent = m.plan.keep(agent);
  burst.session = m.plan.keep(session);
  return burst;
}

void Background::service_assumes(Making& m, std::string_view service, const Role& role, std::string_view session,
                                 std::uint64_t issued_seed, std::int64_t when) const {
  if (m.budget == 0) return;
  Burst burst;
  burst.seed = m.rng.next();
  burst.sticky = 1;
  burst.issued_seed = issued_seed;
  burst.shared_seed = m.rng.next() | 1;
  burst.role = &role;
  burst.identity = m.plan.keep_with([&](Text& out) { put_service(service, out); });
  burst.ip = burst.agent = m.plan.keep(service);
  burst.session = m.plan.keep(session);
  burst.by_service = true;
  m.plan.add(m.plan.add(burst), when, assume_role_, 0);
  --m.budget;
}

}  // namespace backtrail::ingest::sample
