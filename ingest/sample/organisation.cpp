#include "ingest/sample/organisation.hpp"

#include <algorithm>

#include "ingest/sample/text.hpp"

namespace backtrail::ingest::sample {
namespace {

struct AccountSpec {
  std::string_view id, name, unit, owner, environment;
  int weight;
  int instances;  // of 100, in all Regions
};

// Ids in the style of the documentation: twelve digits that nobody mistakes for a real account's.
constexpr AccountSpec kAccountSpecs[kAccountCount] = {
    {"111111111111", "org-management", "Root", "cloud-platform", "management", 22, 0},
    {"222222222222", "security-tooling", "Security", "security-operations", "security", 34, 2},
    {"333333333333", "log-archive", "Security", "security-operations", "security", 24, 0},
    {"555566667777", "forensics", "Security", "incident-response", "security", 6, 1},
    {"444455556666", "shared-services", "Infrastructure", "developer-experience", "shared", 105, 9},
    {"012345678901", "network-hub", "Infrastructure", "network-engineering", "shared", 34, 4},
    {"666666666666", "sandbox", "Sandbox", "cloud-platform", "sandbox", 14, 2},
    {"123456789012", "dev-web", "Workloads/Dev", "web-team", "development", 64, 8},
    {"210987654321", "staging-web", "Workloads/Staging", "web-team", "staging", 62, 8},
    {"777788889999", "prod-web", "Workloads/Prod", "web-team", "production", 222, 24},
    {"888899990000", "prod-payments", "Workloads/Prod", "payments-team", "production", 142, 16},
    {"345678901234", "prod-mobile", "Workloads/Prod", "mobile-team", "production", 98, 12},
    {"999900001111", "data-lake", "Data", "data-platform", "production", 116, 8},
    {"567890123456", "data-analytics", "Data", "data-science", "production", 57, 6},
};

constexpr std::string_view kFunctionNames[] = {
    "order-intake",    "image-resizer",  "invoice-renderer", "session-cleanup", "webhook-relay",   "price-sync",
    "catalog-indexer", "email-dispatch", "fraud-score",      "audit-forwarder", "token-refresher", "report-builder",
    "stream-enricher", "dlq-redriver",   "tag-enforcer",     "cost-notifier",   "cache-warmer",    "geo-lookup"};
constexpr std::string_view kWorkloadNames[] = {
    "external-dns", "cluster-autoscaler", "karpenter",          "external-secrets", "fluent-bit",  "checkout", "cart",
    "search",       "notifications",      "ebs-csi-controller", "load-balancer",    "payments-api"};
constexpr std::string_view kTableNames[] = {"orders", "sessions", "carts", "profiles", "inventory", "locks", "events"};
constexpr std::string_view kBucketNames[] = {"assets",   "artifacts",   "backups",     "uploads",
                                             "reports",  "access-logs", "exports",     "models",
                                             "tf-state", "raw-zone",    "curated-zone"};
constexpr std::string_view kServiceNames[] = {"api", "frontend", "worker", "scheduler", "gateway", "admin", "search"};
constexpr std::string_view kInstanceRoles[] = {"web-server", "batch-worker", "bastion-host", "build-agent"};
constexpr std::string_view kInstanceTypes[] = {"t3.medium",   "m5.large",  "m6i.xlarge",
                                               "c6i.2xlarge", "r6i.large", "t4g.small"};
constexpr std::string_view kFirstNames[] = {"alice", "bruno",  "chen",  "divya",  "elena", "farid",  "grace", "hiro",
                                            "ines",  "jonas",  "kofi",  "lena",   "mateo", "nadia",  "oscar", "priya",
                                            "quinn", "rashid", "sofia", "tomasz", "uma",   "victor", "wendy", "yusuf"};
constexpr std::string_view kLastNames[] = {"almeida", "becker",  "costa",  "dubois", "eriksen",  "fischer", "garcia",
                                           "hansen",  "ivanova", "jensen", "kumar",  "lindberg", "moreau",  "nakamura",
                                           "okafor",  "petrov",  "rossi",  "silva",  "tanaka",   "vargas"};
constexpr std::string_view kFunctionAgents[] = {
    "Boto3/1.34.84 md/Botocore#1.34.84 ua/2.0 os/linux#5.10.213-220.855.amzn2.x86_64 md/arch#x86_64 lang/python#3.12.2 "
    "md/pyimpl#CPython exec-env/AWS_Lambda_python3.12 cfg/retry-mode#standard Botocore/1.34.84",
    "aws-sdk-js/3.556.0 ua/2.1 os/linux#5.10.213-220.855.amzn2.x86_64 lang/js md/nodejs#20.11.1 api/dynamodb#3.556.0 "
    "exec-env/AWS_Lambda_nodejs20.x",
    "aws-sdk-java/2.25.31 Linux/5.10.213-220.855.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/21.0.2+13-LTS Java/21.0.2 "
    "vendor/Amazon.com_Inc. exec-env/AWS_Lambda_java21 io/sync http/UrlConnection cfg/retry-mode/legacy",
    "aws-sdk-go-v2/1.26.1 os/linux lang/go#1.22.2 md/GOOS#linux md/GOARCH#arm64 exec-env/AWS_Lambda_provided.al2023 "
    "api/sqs#1.31.4"};
constexpr std::string_view kWorkloadAgents[] = {
    "aws-sdk-go/1.51.21 (go1.22.2; linux; amd64) karpenter.sh-v0.35.4",
    "aws-sdk-java/2.25.31 Linux/5.10.214-202.855.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/17.0.10+7 Java/17.0.10 kotlin "
    "vendor/Eclipse_Adoptium io/sync http/Apache cfg/retry-mode/legacy",
    "aws-sdk-go-v2/1.25.3 os/linux lang/go#1.21.9 md/GOOS#linux md/GOARCH#amd64 api/secretsmanager#1.28.5",
    "aws-fluent-bit-plugin/2.32.2.20240425 aws-sdk-cpp/1.11.285 linux/5.10.214 x86_64 crt"};
constexpr std::string_view kUserAgents[] = {
    "aws-cli/2.15.38 Python/3.11.8 Linux/5.15.0-105-generic exe/x86_64.ubuntu.22 prompt/off command/s3.cp",
    "Boto3/1.28.57 md/Botocore#1.31.57 ua/2.0 os/linux#6.1.84 md/arch#x86_64 lang/python#3.10.12 Botocore/1.31.57",
    "aws-sdk-php/3.304.2 OS/Linux/5.14.0 lang/php/8.2.18 GuzzleHttp/7",
    "aws-sdk-dotnet-coreclr/3.7.303.15 ua/2.0 os/windows#10.0.20348.0 md/ARCH#X64 lang/.NET_Core#6.0.29"};
constexpr std::string_view kBrowsers[] = {
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
    "Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36 "
    "Edg/123.0.0.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 "
    "Safari/605.1.15"};
constexpr std::string_view kTerminals[] = {
    "aws-cli/2.15.41 Python/3.11.8 Darwin/23.4.0 exe/x86_64 prompt/off command/ec2.describe-instances",
    "aws-cli/2.15.30 Python/3.11.8 Windows/10 exe/AMD64 prompt/off command/logs.tail",
    "aws-cli/1.32.89 md/Botocore#1.34.89 ua/2.0 os/linux#6.5.0-28-generic md/arch#x86_64 lang/python#3.12.2 "
    "md/pyimpl#CPython cfg/retry-mode#legacy botocore/1.34.89"};

template <typename List>
std::string_view pick(const List& list, std::uint64_t seed) {
  return list[mix(seed) % std::size(list)];
}

std::string ip(int a, int b, int c, int d) {
  return std::to_string(a) + '.' + std::to_string(b) + '.' + std::to_string(c) + '.' + std::to_string(d);
}

std::string with_prefix(std::string_view prefix, std::string_view rest) {
  std::string text(prefix);
  text += rest;
  return text;
}

void add_standard_roles(Account& account, std::uint64_t seed) {
  struct Spec {
    std::string_view name, path;
  };
  static constexpr std::string_view kSso = "/aws-reserved/sso.amazonaws.com/";
  static constexpr Spec kSpecs[kStandardRoleCount] = {
      {"AWSServiceRoleForConfig", "/aws-service-role/config.amazonaws.com/"},
      {"AWSServiceRoleForAutoScaling", "/aws-service-role/autoscaling.amazonaws.com/"},
      {"AWSServiceRoleForAmazonInspector2", "/aws-service-role/inspector2.amazonaws.com/"},
      {"AWSServiceRoleForAmazonGuardDuty", "/aws-service-role/guardduty.amazonaws.com/"},
      {"AWSBackupDefaultServiceRole", "/service-role/"},
      {"TerraformExecutionRole", "/"},
      {"SecurityAuditRole", "/"},
      {"SystemsManagerMaintenanceRole", "/"},
      {"CloudFormationExecutionRole", "/"},
      {"AWSReservedSSO_AdministratorAccess_", kSso},
      {"AWSReservedSSO_DeveloperAccess_", kSso},
      {"AWSReservedSSO_ReadOnlyAccess_", kSso},
      {"AWSReservedSSO_SecurityAnalyst_", kSso}};
  for (const Spec& spec : kSpecs) {
    std::string name(spec.name);
    if (spec.path == kSso) name += hex_id(mix(seed, tag(spec.name)), 16);  // a permission set's role ends in its hash
    account.roles.push_back(make_role(mix(seed, tag(spec.name), 1), account.id, name, spec.path));
  }
}

void add_names(Account& account, std::uint64_t events) {
  const std::string stem = "example-" + account.name + "-";
  for (const auto name : kBucketNames) account.buckets.push_back(stem + std::string(name));
  for (const auto name : kTableNames) account.tables.push_back(account.name + "-" + std::string(name));
  for (const auto name : kServiceNames) {
    account.services.push_back(std::string(name));
    account.repositories.push_back(account.name + "/" + std::string(name));
    account.stacks.push_back(account.name + "-" + std::string(name));
    account.queues.push_back(account.name + "-" + std::string(name) + "-jobs");
    account.parameters.push_back("/" + account.name + "/" + std::string(name) + "/config/endpoint");
    account.parameters.push_back("/" + account.name + "/" + std::string(name) + "/feature-flags");
    account.secrets.push_back(account.name + "/" + std::string(name) + "/database");
  }
  const std::uint64_t more_objects = std::min<std::uint64_t>(events / 2'000'000, 40);
  for (std::uint64_t i = 0; i < more_objects; ++i)
    account.buckets.push_back(stem + "tenant-" + std::to_string(1000 + i));
  account.databases = {account.name + "-primary", account.name + "-replica-1", account.name + "-reporting"};
}

void add_users(Account& account, std::uint64_t seed) {
  static constexpr std::string_view kNames[] = {"metrics-exporter", "ses-smtp-user",  "legacy-ftp-sync",
                                                "cdn-purge",        "partner-upload", "backup-agent"};
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    User user = make_user(mix(seed, tag("user"), i), account.id, kNames[i]);
    user.ip = ip(100, 70, static_cast<int>(mix(seed, i) % 200), static_cast<int>(10 + i));
    user.agent = std::string(pick(kUserAgents, mix(seed, tag("agent"), i)));
    account.users.push_back(std::move(user));
  }
}

void add_functions(Account& account, std::uint64_t seed, std::uint64_t events) {
  const auto functions = static_cast<std::size_t>(std::clamp<std::uint64_t>(events / 150'000, 7, 90));
  for (std::size_t i = 0; i < functions; ++i) {
    Function function;
    function.name = account.name + "-" + std::string(kFunctionNames[i % std::size(kFunctionNames)]);
    if (i >= std::size(kFunctionNames)) function.name += "-v" + std::to_string(1 + i / std::size(kFunctionNames));
    function.role = make_role(mix(seed, tag("function"), i), account.id, function.name + "-role", "/service-role/");
    function.agent = std::string(pick(kFunctionAgents, mix(seed, tag("function agent"), i)));
    account.functions.push_back(std::move(function));
  }
}

void add_workloads(Account& account, std::uint64_t seed) {
  account.cluster_oidc = "oidc.eks.us-east-1.amazonaws.com/id/";
  Text id;
  id.put_base32(mix(seed, tag("oidc")), 32);
  account.cluster_oidc += id.view();
  for (std::size_t i = 0; i < std::size(kWorkloadNames); ++i) {
    const std::string name(kWorkloadNames[i]);
    Workload workload;
    workload.subject = "system:serviceaccount:" + std::string(i < 5 || i == 9 ? "kube-system" : "shop") + ":" + name;
    workload.role = make_role(mix(seed, tag("workload"), i), account.id, account.name + "-eks-" + name);
    workload.agent = std::string(pick(kWorkloadAgents, mix(seed, tag("workload agent"), i)));
    account.workloads.push_back(std::move(workload));
  }
}

}  // namespace

std::string hex_id(std::uint64_t seed, int digits) {
  Text text;
  text.put_hex(mix(seed), digits);
  return std::string(text.view());
}

namespace {

std::string aws_id(std::string_view prefix, std::uint64_t seed, int characters) {
  Text text;
  text.put(prefix);
  text.put_base32(seed, characters);
  return std::string(text.view());
}

}  // namespace

std::string access_key_id(std::uint64_t seed) {
  return aws_id("AKIA", seed, 16);
}
std::string temporary_key_id(std::uint64_t seed) {
  return aws_id("ASIA", seed, 16);
}
std::string user_id(std::uint64_t seed) {
  return aws_id("AIDA", seed, 17);
}
std::string role_id(std::uint64_t seed) {
  return aws_id("AROA", seed, 17);
}

std::string resource_id(std::string_view prefix, std::uint64_t seed) {
  return std::string(prefix) + "-0" + hex_id(seed, 16);
}

std::string detector_id(std::uint64_t seed, std::string_view account_id, int region) {
  return hex_id(mix(seed, tag("detector"), tag(account_id), static_cast<std::uint64_t>(region)), 32);
}

Role make_role(std::uint64_t seed, std::string_view account_id, std::string_view name, std::string_view path) {
  Role role;
  role.name = std::string(name);
  role.path = std::string(path);
  if (path == "/aws-reserved/sso.amazonaws.com/") role.path += "us-east-1/";
  role.id = role_id(seed);
  role.arn = "arn:aws:iam::" + std::string(account_id) + ":role" + role.path + role.name;
  return role;
}

User make_user(std::uint64_t seed, std::string_view account_id, std::string_view name) {
  User user;
  user.name = std::string(name);
  user.id = user_id(mix(seed, 1));
  user.key = access_key_id(mix(seed, 2));
  user.arn = "arn:aws:iam::" + std::string(account_id) + ":user/" + user.name;
  return user;
}

Instance make_instance(std::uint64_t seed, const Account& account, int region, std::string_view name) {
  const auto& info = kRegions[static_cast<std::size_t>(region)];
  const std::uint64_t network = mix(tag(account.id), static_cast<std::uint64_t>(region));  // shared by its neighbours
  Instance instance;
  instance.seed = seed;
  instance.id = resource_id("i", mix(seed, 1));
  instance.private_ip = ip(10, static_cast<int>(network % 200), static_cast<int>(mix(seed, 2) % 250),
                           static_cast<int>(4 + mix(seed, 3) % 250));
  instance.name = std::string(name);
  instance.type = std::string(pick(kInstanceTypes, mix(seed, 4)));
  instance.zone = std::string(info.name) + static_cast<char>('a' + static_cast<int>(mix(seed, 5) % 3));
  instance.vpc = resource_id("vpc", mix(network, 1));
  instance.subnet = resource_id("subnet", mix(network, 2, mix(seed, 5) % 3));
  instance.security_group = resource_id("sg", mix(network, 3, mix(seed, 6) % 4));
  instance.network_interface = resource_id("eni", mix(seed, 7));
  instance.volume = resource_id("vol", mix(seed, 8));
  instance.image = resource_id("ami", mix(tag(info.name), mix(seed, 9) % 3));
  instance.role = static_cast<int>(mix(seed, 10) % std::size(kInstanceRoles));
  return instance;
}

Organisation::Organisation(std::uint64_t seed, std::uint64_t events, std::int64_t end_seconds,
                           std::uint64_t first_account)
    : seed_(seed) {
  accounts_.reserve(kAccountCount);
  for (int i = 0; i < kAccountCount; ++i) add_account(i, events, end_seconds, first_account);
  add_people(events);
}

void Organisation::add_account(int index, std::uint64_t events, std::int64_t end_seconds, std::uint64_t first_account) {
  const AccountSpec& spec = kAccountSpecs[index];
  const std::uint64_t seed = mix(seed_, tag("account"), tag(spec.id));
  Account account;
  account.id = first_account == 0 ? std::string(spec.id) : std::to_string(first_account + static_cast<unsigned>(index));
  account.name = std::string(spec.name);
  account.unit = std::string(spec.unit);
  account.owner = std::string(spec.owner);
  account.environment = std::string(spec.environment);
  account.email = "aws+" + account.name + "@example.com";
  account.weight = spec.weight;
  account.joined = end_seconds - (900 - 50 * index) * kDay - static_cast<std::int64_t>(mix(seed) % 86400);
  add_standard_roles(account, seed);
  for (const auto name : kInstanceRoles) {
    account.instance_roles.push_back(
        make_role(mix(seed, tag(name)), account.id, with_prefix(account.name + "-", name)));
  }
  add_names(account, events);
  add_users(account, seed);
  add_functions(account, seed, events);
  add_workloads(account, seed);
  const std::uint64_t fleet = std::clamp<std::uint64_t>(events / 8'000, 80, 6'000);
  for (std::size_t region = 0; region < kRegions.size(); ++region) {
    const std::uint64_t region_seed = mix(seed, tag("region"), region);
    account.key_ids[region] = [&] {
      Text text;
      text.put_uuid(make_uuid(mix(region_seed, 1), mix(region_seed, 2)));
      return std::string(text.view());
    }();
    account.gateway_ips[region] =
        ip(100, 66 + index % 2, static_cast<int>(6 * static_cast<std::size_t>(index) + region),
           static_cast<int>(10 + mix(region_seed) % 200));
    account.endpoints[region] = resource_id("vpce", mix(region_seed, 3));
    account.detectors[region] = detector_id(seed_, account.id, static_cast<int>(region));
    const auto instances = static_cast<std::size_t>(
        (fleet * static_cast<std::uint64_t>(spec.instances) * static_cast<std::uint64_t>(kRegions[region].weight) +
         9999) /
        10000);
    for (std::size_t i = 0; i < instances; ++i) {
      const std::string name =
          account.name + "-" + std::string(kServiceNames[i % std::size(kServiceNames)]) + "-" + std::to_string(i + 1);
      account.instances[region].push_back(
          make_instance(mix(region_seed, tag("instance"), i), account, static_cast<int>(region), name));
    }
  }
  accounts_.push_back(std::move(account));
}

void Organisation::add_people(std::uint64_t events) {
  const auto count = static_cast<std::size_t>(std::clamp<std::uint64_t>(40 + events / 100'000, 40, 480));
  constexpr std::size_t kFirst = std::size(kFirstNames);
  constexpr std::size_t kLast = std::size(kLastNames);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t seed = mix(seed_, tag("person"), i);
    Person person;
    person.seed = seed;
    // Every pair of first and last name comes up once in 24 x 20 = 480 people.
    person.name = std::string(kFirstNames[i % kFirst]) + "." + std::string(kLastNames[(i / kFirst + i * 7) % kLast]) +
                  "@example.com";
    person.user_id = hex_id(mix(seed, 1), 10) + "-" + hex_id(mix(seed, 2), 8) + "-" + hex_id(mix(seed, 3), 4) + "-4" +
                     hex_id(mix(seed, 4), 3) + "-8" + hex_id(mix(seed, 5), 3) + "-" + hex_id(mix(seed, 6), 12);
    static constexpr int kOffsets[] = {-8, -5, 0, 1, 1, 2, 5, 9, 10};
    person.utc_offset_hours = kOffsets[mix(seed, 7) % std::size(kOffsets)];
    person.office_ip = ip(192, 0, 2, 16 + person.utc_offset_hours);
    person.home_ip =
        ip(100, 80 + static_cast<int>(i / 250), static_cast<int>(i % 250), static_cast<int>(2 + mix(seed, 8) % 250));
    person.browser = std::string(pick(kBrowsers, mix(seed, 9)));
    person.terminal = std::string(pick(kTerminals, mix(seed, 10)));
    const std::uint64_t kind = mix(seed, 11) % 10;
    person.role = kind < 6   ? kRoleSsoDeveloper
                  : kind < 8 ? kRoleSsoReadOnly
                  : kind < 9 ? kRoleSsoAnalyst
                             : kRoleSsoAdministrator;
    people_.push_back(std::move(person));
  }
}

}  // namespace backtrail::ingest::sample
