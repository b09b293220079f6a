// Background made by machines: instances, functions, workloads, AWS services acting for the organisation.
#include <algorithm>

#include "ingest/sample/background.hpp"
#include "ingest/sample/identity.hpp"

namespace backtrail::ingest::sample {
namespace {

// An instance's credentials are replaced about every six hours.
constexpr std::int64_t kInstanceKeyLife = 6 * kHour;
constexpr std::int64_t kFunctionKeyLife = 2 * kHour;
constexpr std::int64_t kBeat = 5 * kMinute;
constexpr std::string_view kAgentOfAgent = "aws-sdk-go/1.50.36 (go1.21.9; linux; amd64) amazon-ssm-agent/3.3.380.0";

std::int64_t key_epoch(std::uint64_t seed, std::int64_t when, std::int64_t life) {
  const auto phase = static_cast<std::int64_t>(mix(seed, tag("phase")) % static_cast<std::uint64_t>(life));
  return floor_to(when - phase, life) + phase;
}

std::uint64_t key_seed(std::uint64_t seed, std::int64_t epoch) {
  return mix(seed, tag("key"), static_cast<std::uint64_t>(epoch));
}

// An address of the provider's that belongs to nobody for long: in 100.96.0.0/12.
std::string cloud_address(std::uint64_t seed) {
  return "100." + std::to_string(96 + seed % 16) + '.' + std::to_string(seed / 16 % 256) + '.' +
         std::to_string(1 + seed / 4096 % 254);
}

}  // namespace

void Background::heartbeats(Making& m) const {
  const auto& here = m.account.instances[static_cast<std::size_t>(m.region)];
  if (here.empty()) return service_keys(m);
  const Instance& instance = here[m.rng.below(here.size())];
  const Role& role = m.account.instance_roles[static_cast<std::size_t>(instance.role)];
  const bool through_endpoint = instance.seed % 3 == 0;
  const std::string_view ip = through_endpoint ? std::string_view(instance.private_ip)
                                               : m.account.gateway_ips[static_cast<std::size_t>(m.region)];
  std::int64_t when = some_time(m);
  auto beats = static_cast<std::uint32_t>(m.rng.between(6, 48));
  std::int64_t epoch = -1;
  std::uint32_t burst = 0;
  for (std::uint32_t step = 0; beats > 0 && m.budget > 0 && when < m.end; ++step, --beats, when += kBeat) {
    const std::int64_t now_epoch = key_epoch(instance.seed, when, kInstanceKeyLife);
    if (now_epoch != epoch) {
      const std::uint64_t key = key_seed(instance.seed, now_epoch);
      if (epoch >= 0 || m.rng.per_mille(120)) {
        service_assumes(m, "ec2.amazonaws.com", role, instance.id, key, std::max(now_epoch, m.begin));
        if (m.budget == 0) return;
      }
      epoch = now_epoch;
      Burst body = role_burst(m, role, instance.id, key, epoch, ip, kAgentOfAgent);
      body.instance = &instance;
      RoleSession identity{m.account.id, &role, instance.id, {}, epoch, false, "2.0"};
      const std::string key_id = temporary_key_id(key);
      identity.key = key_id;
      body.identity = m.plan.keep_with([&](Text& out) { put_role_session(identity, out); });
      if (through_endpoint) body.endpoint = m.plan.keep(m.account.endpoints[static_cast<std::size_t>(m.region)]);
      burst = m.plan.add(body);
    }
    const ApiIndex api = m.rng.per_mille(930) ? heartbeat_ : pick(m, lists_.beats);
    m.plan.add(burst, when + static_cast<std::int64_t>(m.rng.below(2)), api, step);
    --m.budget;
  }
}

void Background::function_calls(Making& m) const {
  const Function& function = m.account.functions[zipf(m.rng, m.account.functions.size())];
  const std::uint64_t seed = mix(tag(function.role.id), static_cast<std::uint64_t>(m.region));
  const std::int64_t start = busy_time(m);
  const std::int64_t epoch = key_epoch(seed, start, kFunctionKeyLife);
  const std::uint64_t key = key_seed(seed, epoch);
  if (m.rng.per_mille(350)) {
    std::string session = "awslambda_";
    session += std::to_string(m.rng.below(1000)) + "_" + std::to_string(start * 1000);
    service_assumes(m, "lambda.amazonaws.com", function.role, session, key, std::max(epoch, m.begin));
    if (m.budget == 0) return;
  }
  // Functions inside a network leave through its gateway; the others have another address with every new key.
  const std::string ip = tag(function.name) % 3 == 0 ? m.account.gateway_ips[static_cast<std::size_t>(m.region)]
                                                     : cloud_address(mix(key, tag("address")));
  Burst body = role_burst(m, function.role, function.name, key, epoch, ip, function.agent);
  body.sticky = seed | 1;  // a function works on the same table, bucket and secret for ever
  const std::uint32_t burst = m.plan.add(body);
  // A function makes four kinds of call, always the same ones.
  Calls own;
  for (std::uint64_t i = 0; i < 4; ++i) own.push_back(lists_.function_pool[mix(seed, i) % lists_.function_pool.size()]);
  scatter(m, burst, own, static_cast<std::uint32_t>(m.rng.between(2, 24)), start, 9, mix(seed, 9) % 12 == 0 ? 120 : 5);
}

void Background::workload_calls(Making& m) const {
  const auto& workloads = m.account.workloads;
  const Workload& workload = workloads[zipf(m.rng, workloads.size())];
  const std::uint64_t seed =
      mix(tag(workload.role.id), m.rng.below(6), static_cast<std::uint64_t>(m.region));  // six replicas
  const std::int64_t start = busy_time(m);
  const std::int64_t epoch = key_epoch(seed, start, kHour);
  const std::uint64_t key = key_seed(seed, epoch);
  const std::string session = "aws-sdk-go-" + std::to_string(epoch * 1000 + static_cast<std::int64_t>(seed % 1000));
  const std::string provider = "arn:aws:iam::" + m.account.id + ":oidc-provider/" + m.account.cluster_oidc;
  const auto region = static_cast<std::size_t>(m.region);
  if (m.rng.per_mille(500)) {
    Burst web;
    web.seed = m.rng.next();
    web.sticky = 1;
    web.issued_seed = key;
    web.role = &workload.role;
    web.identity = m.plan.keep_with([&](Text& out) {
      put_web_identity(provider + ":sts.amazonaws.com:" + workload.subject, workload.subject, provider, out);
    });
    web.ip = m.plan.keep(m.account.gateway_ips[region]);
    web.agent = m.plan.keep(workload.agent);
    web.session = m.plan.keep(session);
    web.subject = m.plan.keep(workload.subject);
    web.provider = m.plan.keep(m.account.cluster_oidc);
    m.plan.add(m.plan.add(web), std::max(epoch, m.begin), assume_web_, 0);
    if (--m.budget == 0) return;
  }
  Burst body = role_burst(m, workload.role, session, key, epoch, m.account.gateway_ips[region], workload.agent);
  const std::string key_id = temporary_key_id(key);
  RoleSession identity{m.account.id, &workload.role, session, key_id, epoch};
  identity.web_provider = m.account.cluster_oidc;
  body.identity = m.plan.keep_with([&](Text& out) { put_role_session(identity, out); });
  const std::uint32_t burst = m.plan.add(body);
  Calls own;
  for (std::uint64_t i = 0; i < 5; ++i)
    own.push_back(lists_.workload_pool[mix(tag(workload.role.id), i) % lists_.workload_pool.size()]);
  scatter(m, burst, own, static_cast<std::uint32_t>(m.rng.between(3, 30)), start, 12, 8);
}

void Background::service_keys(Making& m) const {
  static constexpr std::string_view kServices[] = {
      "cloudtrail.amazonaws.com", "sqs.amazonaws.com", "eks.amazonaws.com", "delivery.logs.amazonaws.com",
      "rds.amazonaws.com",        "sns.amazonaws.com", "s3.amazonaws.com",  "dynamodb.amazonaws.com",
      "events.amazonaws.com"};
  const std::string_view service = kServices[zipf(m.rng, std::size(kServices))];
  Burst body;
  body.seed = m.rng.next();
  body.sticky = m.rng.next() | 1;
  body.shared_seed = m.rng.next() | 1;
  body.identity = m.plan.keep_with([&](Text& out) { put_service(service, out); });
  body.ip = body.agent = m.plan.keep(service);
  body.by_service = true;
  const std::uint32_t burst = m.plan.add(body);
  // Some of what services report is no call of anybody's: a key rotated, an instance taken back.
  const bool events = m.rng.per_mille(15);
  scatter(m, burst, events ? lists_.service_events : lists_.service_keys,
          static_cast<std::uint32_t>(events ? 1 : m.rng.between(1, 24)), some_time(m), 60, 0);
}

void Background::configuration_recorder(Making& m) const {
  const Role& role = m.account.roles[kRoleConfig];
  const std::int64_t start = some_time(m);
  const std::uint64_t key =
      mix(tag(role.id), static_cast<std::uint64_t>(floor_to(start, kHour)), static_cast<std::uint64_t>(m.region));
  if (m.rng.per_mille(250)) {
    service_assumes(m, "config.amazonaws.com", role, "AWSConfig-Describe", key, start);
    if (m.budget == 0) return;
  }
  Burst body = role_burst(m, role, "AWSConfig-Describe", key, start, "config.amazonaws.com", "config.amazonaws.com");
  const std::string key_id = temporary_key_id(key);
  RoleSession identity{m.account.id, &role, "AWSConfig-Describe", key_id, start};
  identity.invoked_by = "config.amazonaws.com";
  body.identity = m.plan.keep_with([&](Text& out) { put_role_session(identity, out); });
  body.by_service = true;
  body.sticky = 0;
  const std::uint32_t burst = m.plan.add(body);
  sweep(m, burst, lists_.recorder, static_cast<std::uint32_t>(m.rng.between(4, 60)), start, 2, 3);
}

void Background::scaling_group(Making& m) const {
  const Role& role = m.account.roles[kRoleAutoScaling];
  const std::int64_t start = some_time(m);
  Burst body =
      role_burst(m, role, "AutoScaling", m.rng.next(), start, "autoscaling.amazonaws.com", "autoscaling.amazonaws.com");
  RoleSession identity{m.account.id, &role, "AutoScaling", {}, start};
  identity.invoked_by = "autoscaling.amazonaws.com";
  body.identity = m.plan.keep_with([&](Text& out) { put_role_session(identity, out); });
  body.by_service = true;
  const std::uint32_t burst = m.plan.add(body);
  const std::int64_t then =
      scatter(m, burst, lists_.scaling, static_cast<std::uint32_t>(m.rng.between(2, 14)), start, 3, 0);
  if (m.rng.per_mille(300)) {
    Burst writes = body;
    writes.seed = m.rng.next();
    scatter(m, m.plan.add(writes), lists_.scaling_writes, static_cast<std::uint32_t>(m.rng.between(1, 4)), then + 5, 10,
            10);
  }
}

void Background::service_linked_scan(Making& m) const {
  const bool inspector = m.rng.per_mille(600);
  const Role& role = m.account.roles[inspector ? kRoleInspector : kRoleGuardDuty];
  const std::string_view service = inspector ? "inspector2.amazonaws.com" : "guardduty.amazonaws.com";
  const std::string_view session = inspector ? "Inspector2Session" : "GuardDuty-Malware-Protection";
  const std::int64_t start = some_time(m);
  Burst body = role_burst(m, role, session, m.rng.next(), start, service, service);
  RoleSession identity{m.account.id, &role, session, {}, start};
  identity.invoked_by = service;
  body.identity = m.plan.keep_with([&](Text& out) { put_role_session(identity, out); });
  body.by_service = true;
  body.sticky = 0;
  sweep(m, m.plan.add(body), lists_.inspection, static_cast<std::uint32_t>(m.rng.between(3, 40)), start, 4, 5);
}

void Background::backups(Making& m) const {
  const Role& role = m.account.roles[kRoleBackup];
  const std::int64_t start = floor_to(some_time(m), kHour) + static_cast<std::int64_t>(m.rng.below(900));
  Burst body = role_burst(m, role, "AWSBackup-" + role.name, m.rng.next(), start, "backup.amazonaws.com",
                          "backup.amazonaws.com");
  RoleSession identity{m.account.id, &role, "AWSBackup-AWSBackupDefaultServiceRole", {}, start};
  identity.invoked_by = "backup.amazonaws.com";
  body.identity = m.plan.keep_with([&](Text& out) { put_role_session(identity, out); });
  body.by_service = true;
  body.sticky = 0;
  scatter(m, m.plan.add(body), lists_.backups, static_cast<std::uint32_t>(m.rng.between(3, 20)), start, 8, 2);
}

void Background::object_traffic(Making& m) const {
  // Batch jobs on instances read and write objects; where there are no instances, log delivery does.
  const auto& here = m.account.instances[static_cast<std::size_t>(m.region)];
  if (here.empty()) return service_keys(m);
  const Instance& instance = here[zipf(m.rng, here.size())];
  const Role& role = m.account.instance_roles[static_cast<std::size_t>(instance.role)];
  const std::int64_t start = some_time(m);
  const std::int64_t epoch = key_epoch(instance.seed, start, kInstanceKeyLife);
  Burst body =
      role_burst(m, role, instance.id, key_seed(instance.seed, epoch), epoch, instance.private_ip,
                 "Hadoop 3.3.6, aws-sdk-java/1.12.656 Linux/6.1.84-99.169.amzn2023.x86_64 "
                 "OpenJDK_64-Bit_Server_VM/17.0.10+7-LTS java/1.8.0_402 vendor/Amazon.com_Inc. cfg/retry-mode/legacy");
  const std::string key_id = temporary_key_id(key_seed(instance.seed, epoch));
  const RoleSession identity{m.account.id, &role, instance.id, key_id, epoch, false, "2.0"};
  body.identity = m.plan.keep_with([&](Text& out) { put_role_session(identity, out); });
  body.endpoint = m.plan.keep(m.account.endpoints[static_cast<std::size_t>(m.region)]);
  body.instance = &instance;
  scatter(m, m.plan.add(body), lists_.objects, static_cast<std::uint32_t>(m.rng.between(8, 90)), start, 1, 3);
  if (m.budget > 0 && m.rng.per_mille(15)) {
    // The endpoint's own policy refuses something: an event of the network, not of the service.
    Burst refused = body;
    refused.seed = m.rng.next();
    refused.network = true;
    m.plan.add(m.plan.add(refused), start + 30, pick(m, lists_.objects), 0, Result::kDenied);
    --m.budget;
  }
}

void Background::exporter(Making& m) const {
  // Long-term keys of IAM users. The first one of each account calls all day: the busiest principals there are.
  const User& user = m.account.users[m.rng.per_mille(500) ? 0 : zipf(m.rng, m.account.users.size())];
  Burst body;
  body.seed = m.rng.next();
  body.sticky = mix(tag(user.id)) | 1;
  body.identity = m.plan.keep_with([&](Text& out) { put_iam_user(m.account.id, user, user.key, 0, false, out); });
  body.arn = m.plan.keep(user.arn);
  body.ip = m.plan.keep(user.ip);
  body.agent = m.plan.keep(user.agent);
  const std::uint32_t burst = m.plan.add(body);
  Calls own;
  for (std::uint64_t i = 0; i < 3; ++i) own.push_back(lists_.exporter[mix(tag(user.name), i) % lists_.exporter.size()]);
  scatter(m, burst, own, static_cast<std::uint32_t>(m.rng.between(6, 60)), busy_time(m), 4, 6);
}

void Background::patching(Making& m) const {
  // Maintenance windows: nights, mostly Tuesdays; a command, then what the hosts report.
  const auto& here = m.account.instances[static_cast<std::size_t>(m.region)];
  if (here.empty()) return service_keys(m);
  std::int64_t start = some_time(m);
  for (int tries = 0; tries < 4 && working_activity(start, 0) > 20; ++tries) start = some_time(m);
  const Role& role = m.account.roles[kRoleMaintenance];
  Burst window =
      role_burst(m, role, "maintenance-window", m.rng.next(), start, "ssm.amazonaws.com", "ssm.amazonaws.com");
  const std::string window_key = temporary_key_id(window.seed);
  RoleSession by_window{m.account.id, &role, "maintenance-window", window_key, start};
  by_window.invoked_by = "ssm.amazonaws.com";
  window.identity = m.plan.keep_with([&](Text& out) { put_role_session(by_window, out); });
  window.by_service = true;
  scatter(m, m.plan.add(window), lists_.patching, static_cast<std::uint32_t>(m.rng.between(1, 4)), start, 4, 0);
  for (auto hosts = m.rng.between(1, 6); hosts > 0 && m.budget > 0; --hosts) {
    const Instance& instance = here[m.rng.below(here.size())];
    const Role& host_role = m.account.instance_roles[static_cast<std::size_t>(instance.role)];
    const std::int64_t epoch = key_epoch(instance.seed, start, kInstanceKeyLife);
    Burst body = role_burst(m, host_role, instance.id, key_seed(instance.seed, epoch), epoch,
                            m.account.gateway_ips[static_cast<std::size_t>(m.region)], kAgentOfAgent);
    const std::string key_id = temporary_key_id(key_seed(instance.seed, epoch));
    const RoleSession identity{m.account.id, &host_role, instance.id, key_id, epoch, false, "2.0"};
    body.identity = m.plan.keep_with([&](Text& out) { put_role_session(identity, out); });
    body.instance = &instance;
    scatter(m, m.plan.add(body), lists_.patched_host, static_cast<std::uint32_t>(m.rng.between(3, 8)), start + 20, 15,
            3);
  }
}

}  // namespace backtrail::ingest::sample
