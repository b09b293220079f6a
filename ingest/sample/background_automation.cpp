// Background made by tools: Terraform, deployments, security scanners of ours and of a vendor, queries.
#include <algorithm>

#include "ingest/sample/background.hpp"
#include "ingest/sample/identity.hpp"

namespace backtrail::ingest::sample {
namespace {

constexpr std::string_view kGitProvider = "token.actions.githubusercontent.com";
constexpr std::string_view kTerraformAgent =
    "APN/1.0 HashiCorp/1.0 Terraform/1.7.5 (+https://www.terraform.io) terraform-provider-aws/5.46.0 "
    "(+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.26.1 os/linux lang/go#1.21.9 "
    "md/GOOS#linux "
    "md/GOARCH#amd64 api/ec2#1.156.0";
constexpr std::string_view kAuditAgent =
    "Boto3/1.34.69 md/Botocore#1.34.69 ua/2.0 os/linux#5.10.214 md/arch#x86_64 lang/python#3.11.8 md/pyimpl#CPython "
    "cfg/retry-mode#standard Botocore/1.34.69 prowler/4.1.0";
constexpr std::string_view kVendorAccount = "999988887777";

}  // namespace

void Background::terraform(Making& m) const {
  const Role& role = m.account.roles[kRoleTerraform];
  const std::int64_t start = busy_time(m);
  const std::uint64_t key = m.rng.next();
  const std::string session = "GitHubActions";
  const std::string subject = "repo:example-org/infrastructure-live:ref:refs/heads/main";
  // Hosted runners: another address each time.
  const std::string ip = "100." + std::to_string(112 + m.rng.below(4)) + '.' + std::to_string(m.rng.below(256)) + '.' +
                         std::to_string(1 + m.rng.below(254));
  const std::string provider = "arn:aws:iam::" + m.account.id + ":oidc-provider/" + std::string(kGitProvider);
  Burst login;
  login.seed = m.rng.next();
  login.sticky = 1;
  login.issued_seed = key;
  login.role = &role;
  login.identity = m.plan.keep_with(
      [&](Text& out) { put_web_identity(provider + ":sts.amazonaws.com:" + subject, subject, provider, out); });
  login.ip = m.plan.keep(ip);
  login.agent = m.plan.keep(
      "aws-sdk-js/3.496.0 ua/2.0 os/linux#6.5.0-1018-azure lang/js md/nodejs#20.12.2 api/sts#3.496.0 "
      "configure-aws-credentials-for-github-actions");
  login.session = m.plan.keep(session);
  login.subject = m.plan.keep(subject);
  login.provider = m.plan.keep(kGitProvider);
  m.plan.add(m.plan.add(login), start, assume_web_, 0);
  if (--m.budget == 0) return;
  Burst body = role_burst(m, role, session, key, start, ip, kTerraformAgent);
  const std::string key_id = temporary_key_id(key);
  RoleSession identity{m.account.id, &role, session, key_id, start};
  identity.web_provider = kGitProvider;
  body.identity = m.plan.keep_with([&](Text& out) { put_role_session(identity, out); });
  body.sticky = 0;
  const std::int64_t planned =
      sweep(m, m.plan.add(body), lists_.plan, static_cast<std::uint32_t>(m.rng.between(30, 220)), start + 4, 9, 8);
  if (m.rng.per_mille(300)) {
    Burst apply = body;
    apply.seed = m.rng.next();
    scatter(m, m.plan.add(apply), lists_.apply, static_cast<std::uint32_t>(m.rng.between(3, 18)), planned + 30, 2, 12);
  }
}

void Background::deployment(Making& m) const {
  const Role& role = m.account.roles[kRoleCloudFormation];
  const std::int64_t start = busy_time(m);
  const std::uint64_t key = m.rng.next();
  const std::string session = "AWSCodeBuild-" + hex_id(m.rng.next(), 12);
  service_assumes(m, "codebuild.amazonaws.com", role, session, key, start);
  if (m.budget == 0) return;
  Burst body = role_burst(m, role, session, key, start, m.account.gateway_ips[static_cast<std::size_t>(m.region)],
                          "aws-cli/2.15.28 Python/3.11.8 Linux/4.14.334-252.552.amzn2.x86_64 exec-env/AWS_ECS_EC2 "
                          "exe/x86_64.amzn.2023 prompt/off command/ecs.update-service");
  const std::int64_t then =
      sweep(m, m.plan.add(body), lists_.deploy, static_cast<std::uint32_t>(m.rng.between(6, 30)), start + 3, 1, 6);
  if (m.budget > 0 && m.rng.per_mille(400)) {
    // CloudFormation goes on in the caller's name.
    Burst stack = body;
    stack.seed = m.rng.next();
    const std::string key_id = temporary_key_id(key);
    RoleSession identity{m.account.id, &role, session, key_id, start};
    identity.invoked_by = "cloudformation.amazonaws.com";
    stack.identity = m.plan.keep_with([&](Text& out) { put_role_session(identity, out); });
    stack.ip = stack.agent = m.plan.keep("cloudformation.amazonaws.com");
    stack.by_service = true;
    scatter(m, m.plan.add(stack), lists_.apply, static_cast<std::uint32_t>(m.rng.between(2, 12)), then + 6, 5, 8);
  }
}

void Background::security_sweep(Making& m) const {
  // Our own scanner visits every account and Region, once a night and sometimes by day.
  const Role& role = m.account.roles[kRoleAudit];
  std::int64_t start = some_time(m);
  for (int tries = 0; tries < 3 && working_activity(start, 0) > 10; ++tries) start = some_time(m);
  Burst body = role_burst(m, role, "prowler", mix(tag(role.id), static_cast<std::uint64_t>(floor_to(start, kHour))),
                          floor_to(start, kHour), "100.66.250.40", kAuditAgent);
  body.sticky = 0;
  sweep(m, m.plan.add(body), lists_.audit, static_cast<std::uint32_t>(m.rng.between(40, 260)), start, 14, 30);
}

void Background::vendor_sweep(Making& m) const {
  // A posture service from outside the organisation: it comes from its own account, so there is no twin here.
  const Role& role = m.account.roles[kRoleAudit];
  const std::int64_t start = some_time(m);
  const std::uint64_t key = m.rng.next();
  const std::string session = "posture-" + hex_id(m.rng.next(), 8);
  Burst login;
  login.seed = m.rng.next();
  login.sticky = 1;
  login.issued_seed = key;
  login.shared_seed = m.rng.next() | 1;
  login.role = &role;
  const std::string vendor = role_id(tag("posture vendor")) + ":collector";
  login.identity = m.plan.keep_with([&](Text& out) { put_foreign_account(kVendorAccount, vendor, out); });
  login.ip = m.plan.keep("100.68.9.33");
  login.agent =
      m.plan.keep("posture-collector/7.4 aws-sdk-go-v2/1.25.0 os/linux lang/go#1.22.1 md/GOOS#linux md/GOARCH#amd64");
  login.session = m.plan.keep(session);
  m.plan.add(m.plan.add(login), start, assume_role_, 0);
  if (--m.budget == 0) return;
  Burst body =
      role_burst(m, role, session, key, start, "100.68.9.33",
                 "posture-collector/7.4 aws-sdk-go-v2/1.25.0 os/linux lang/go#1.22.1 md/GOOS#linux md/GOARCH#amd64");
  body.sticky = 0;
  sweep(m, m.plan.add(body), lists_.audit, static_cast<std::uint32_t>(m.rng.between(20, 120)), start + 1, 6, 40);
}

void Background::analytics(Making& m) const {
  const auto& people = organisation_.people();
  const Person& person = people[zipf(m.rng, people.size())];
  const Role& role = m.account.roles[kRoleSsoDeveloper];
  const std::int64_t start = working_time(m, person);
  Burst body =
      role_burst(m, role, person.name, mix(person.seed, tag("analytics"), static_cast<std::uint64_t>(day_of(start))),
                 floor_to(start, kDay), person.home_ip,
                 "AWSSDKPandas/3.7.3 Boto3/1.34.51 Python/3.11.8 Linux/5.10.210 Botocore/1.34.51");
  scatter(m, m.plan.add(body), lists_.analytics, static_cast<std::uint32_t>(m.rng.between(4, 30)), start, 4, 20);
}

}  // namespace backtrail::ingest::sample
