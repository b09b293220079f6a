// Findings that belong to no story: two hundred port probes whose counts grow, some thirty of varied kinds and
// severities over two weeks, and the ones that GuardDuty makes itself on request ("sample findings").
#include "ingest/sample/stories.hpp"

namespace backtrail::ingest::sample {
namespace {

constexpr int kPortProbes = 200;
constexpr int kVariedDays = 14;

struct Host {
  int account = 0;
  int region = 0;
  const Instance* instance = nullptr;
};

// Some instance of the organisation; accounts with more instances come up more often.
Host some_host(const StoryBook& book, Rng& rng) {
  std::vector<Host> hosts;
  for (int account = 0; account < kAccountCount; ++account) {
    for (int region = 0; region < static_cast<int>(kRegions.size()); ++region) {
      for (const Instance& instance : book.account(account).instances[static_cast<std::size_t>(region)])
        hosts.push_back({account, region, &instance});
    }
  }
  return hosts[rng.below(hosts.size())];
}

std::string scanner_address(Rng& rng) {
  return (rng.per_mille(500) ? "198.51.100." : "203.0.113.") + std::to_string(100 + rng.below(39));
}

Json probe_details(const Host& host, Rng& rng, std::size_t count) {
  static constexpr std::pair<int, std::string_view> kPorts[] = {{22, "SSH"},   {80, "HTTP"},      {443, "HTTPS"},
                                                                {3389, "RDP"}, {6379, "Unknown"}, {8080, "Unknown"}};
  Json details = Json::array();
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [port, name] = kPorts[rng.below(std::size(kPorts))];
    details.push_back({{"localPortDetails", {{"port", port}, {"portName", std::string(name)}}},
                       {"localIpDetails", {{"ipAddressV4", host.instance->private_ip}}},
                       {"remoteIpDetails", remote_ip(scanner_address(rng))}});
  }
  return details;
}

FindingSpec about_host(const StoryBook& book, const Host& host, std::uint64_t seed) {
  FindingSpec spec;
  spec.account = host.account;
  spec.region = host.region;
  spec.seed = seed;
  const Role& role = book.account(host.account).instance_roles[static_cast<std::size_t>(host.instance->role)];
  spec.resource = {{"resourceType", "Instance"},
                   {"instanceDetails", instance_details(book, host.account, *host.instance, role, "100.66.90.7")}};
  return spec;
}

void port_probes(StoryBook& book, Json& ids) {
  for (std::uint64_t i = 0; i < kPortProbes; ++i) {
    Rng rng(book.seed("port probe", i));
    const Host host = some_host(book, rng);
    FindingSpec spec = about_host(book, host, book.seed("port probe finding", i));
    spec.type = i % 8 == 0 ? "Recon:EC2/PortProbeEMRUnprotectedPort" : "Recon:EC2/PortProbeUnprotectedPort";
    spec.title = "Unprotected port on EC2 instance " + host.instance->id + " is being probed.";
    spec.description = "EC2 instance has an unprotected port which is being probed by a known malicious host.";
    spec.severity = i % 8 == 0 ? 8 : 2;
    spec.action = {{"actionType", "PORT_PROBE"},
                   {"portProbeAction", {{"blocked", false}, {"portProbeDetails", probe_details(host, rng, 1)}}}};
    spec.service_extra = {{"evidence", threat_list_evidence("ProofPoint")}};
    const std::int64_t span = std::min<std::int64_t>(kVariedDays * kDay, book.end() - book.start() - kHour);
    const std::int64_t first =
        book.end() - kHour - static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(span)));
    std::vector<FindingState> states;
    std::int64_t updated = first + 700;
    int count = 1;
    for (int state = 0; state < 5 && updated < book.end(); ++state) {
      const Json details = probe_details(host, rng, 1 + rng.below(3));
      states.push_back({updated, first, updated - 600, count, [details](Json& f) {
                          f["service"]["action"]["portProbeAction"]["portProbeDetails"] = details;
                        }});
      updated += rng.between(6 * kHour, 40 * kHour);
      count += static_cast<int>(rng.between(1, 90));
    }
    ids.push_back(publish(book, spec, states).id);
  }
}

enum class About { kHost, kKey, kBucket, kCluster, kFunction, kDatabase, kTask, kMalware };

struct Kind {
  std::string_view type, title;
  double severity;
  About about;
  std::string_view api, service;
};
constexpr Kind kKinds[] = {
    {"UnauthorizedAccess:EC2/SSHBruteForce", "is performing SSH brute force attacks against another host.", 5,
     About::kHost, "", ""},
    {"UnauthorizedAccess:EC2/RDPBruteForce", "is performing RDP brute force attacks against another host.", 2,
     About::kHost, "", ""},
    {"Backdoor:EC2/C&CActivity.B!DNS", "is querying a domain name associated with a known command and control server.",
     8, About::kHost, "", ""},
    {"Trojan:EC2/DNSDataExfiltration", "is attempting to query domain names that resemble exfiltrated data.", 8,
     About::kHost, "", ""},
    {"Behavior:EC2/TrafficVolumeUnusual", "is generating unusually large amounts of network traffic.", 5, About::kHost,
     "", ""},
    {"Behavior:EC2/NetworkPortUnusual", "is communicating with a remote host on an unusual port.", 5, About::kHost, "",
     ""},
    {"Recon:EC2/Portscan", "is performing outbound port scans against remote host.", 5, About::kHost, "", ""},
    {"UnauthorizedAccess:EC2/TorClient", "is communicating with an IP address on the Tor network.", 8, About::kHost, "",
     ""},
    {"Impact:EC2/SuspiciousDomainRequest.Reputation", "is querying a low reputation domain name.", 2, About::kHost, "",
     ""},
    {"Policy:IAMUser/RootCredentialUsage", "API was invoked using root credentials.", 2, About::kKey,
     "DescribeOrganization", "organizations.amazonaws.com"},
    {"Stealth:IAMUser/PasswordPolicyChange", "Account password policy was weakened.", 2, About::kKey,
     "UpdateAccountPasswordPolicy", "iam.amazonaws.com"},
    {"Discovery:IAMUser/AnomalousBehavior", "An IAM entity invoked an API in an anomalous way.", 2, About::kKey,
     "ListRoles", "iam.amazonaws.com"},
    {"Persistence:IAMUser/AnomalousBehavior", "APIs used for persistence were invoked in an anomalous way.", 5,
     About::kKey, "CreatePolicyVersion", "iam.amazonaws.com"},
    {"CredentialAccess:IAMUser/AnomalousBehavior", "APIs used to obtain credentials were invoked in an anomalous way.",
     5, About::kKey, "GetSecretValue", "secretsmanager.amazonaws.com"},
    {"Recon:IAMUser/TorIPCaller", "Reconnaissance API was invoked from a Tor exit node.", 5, About::kKey, "ListUsers",
     "iam.amazonaws.com"},
    {"PenTest:IAMUser/KaliLinux", "API was invoked from a Kali Linux computer.", 5, About::kKey, "GetCallerIdentity",
     "sts.amazonaws.com"},
    {"Policy:S3/BucketAnonymousAccessGranted", "Anonymous access was granted to an S3 bucket.", 8, About::kBucket,
     "PutBucketPolicy", "s3.amazonaws.com"},
    {"Discovery:S3/AnomalousBehavior", "An API commonly used to discover S3 objects was invoked in an anomalous way.",
     2, About::kBucket, "ListObjects", "s3.amazonaws.com"},
    {"Impact:S3/AnomalousBehavior.Delete", "An IAM entity attempted to delete data in a suspicious way.", 8,
     About::kBucket, "DeleteObject", "s3.amazonaws.com"},
    {"PenTest:S3/ParrotLinux", "An S3 API was invoked from a Parrot Security Linux computer.", 5, About::kBucket,
     "GetObject", "s3.amazonaws.com"},
    {"Policy:Kubernetes/AnonymousAccessGranted", "The system:anonymous user was granted API permission on a cluster.",
     8, About::kCluster, "create", ""},
    {"Execution:Kubernetes/ExecInKubeSystemPod", "A command was executed inside a pod of the kube-system namespace.", 5,
     About::kCluster, "create", ""},
    {"PrivilegeEscalation:Kubernetes/PrivilegedContainer",
     "A privileged container with root level access was launched.", 5, About::kCluster, "create", ""},
    {"Backdoor:Lambda/C&CActivity.B", "A function is querying an address of a known command and control server.", 8,
     About::kFunction, "", ""},
    {"UnauthorizedAccess:Lambda/TorClient", "A function is making connections to a Tor guard.", 8, About::kFunction, "",
     ""},
    {"CredentialAccess:RDS/AnomalousBehavior.FailedLogin", "Unusual failed login attempts were observed on a database.",
     2, About::kDatabase, "", ""},
    {"CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin",
     "A user successfully logged into a database in an anomalous way.", 8, About::kDatabase, "", ""},
    {"Execution:Runtime/NewBinaryExecuted", "A newly created binary file in a container has been executed.", 5,
     About::kTask, "", ""},
    {"PrivilegeEscalation:Runtime/ContainerMountsHostDirectory",
     "A process mounted a directory of the host inside a container.", 5, About::kTask, "", ""},
    {"Execution:EC2/MaliciousFile", "A malicious file was detected on an EC2 instance.", 8, About::kMalware, "", ""},
    {"AttackSequence:IAM/CompromisedCredentials", "Potential credential compromise indicated by a sequence of actions.",
     9, About::kKey, "AttachRolePolicy", "iam.amazonaws.com"},
    {"Impact:EC2/WinRMBruteForce", "is performing WinRM brute force attacks against another host.", 2, About::kHost, "",
     ""},
};

Json cluster_resource(const Account& account, std::string_view region) {
  const std::string name = account.name + "-cluster";
  return {
      {"resourceType", "EKSCluster"},
      {"eksClusterDetails",
       {{"name", name},
        {"arn", "arn:aws:eks:" + std::string(region) + ":" + account.id + ":cluster/" + name},
        {"vpcId", "vpc-0a1b2c3d4e5f60718"},
        {"status", "ACTIVE"},
        {"tags", Json::array()},
        {"createdAt", 1'672'531'200}}},
      {"kubernetesDetails",
       {{"kubernetesUserDetails",
         {{"username", "system:serviceaccount:shop:checkout"},
          {"uid", "b7a0c9a2-7d54-4f44-9d4c-0b6c7c0a1f11"},
          {"groups", {"system:serviceaccounts", "system:authenticated"}},
          {"sessionName", Json::array()}}},
        {"kubernetesWorkloadDetails",
         {{"name", "checkout"}, {"type", "deployments"}, {"namespace", "shop"}, {"serviceAccountName", "checkout"}}}}}};
}

Json resource_of(const StoryBook& book, About about, const Host& host, Rng& rng) {
  const Account& account = book.account(host.account);
  const std::string region(kRegions[static_cast<std::size_t>(host.region)].name);
  const Role& role = account.instance_roles[static_cast<std::size_t>(host.instance->role)];
  const User& user = account.users[rng.below(account.users.size())];
  const Json key = access_key_details(user.key, user.id, user.name, "IAMUser");
  switch (about) {
    case About::kHost:
    case About::kMalware:
      return {{"resourceType", "Instance"},
              {"instanceDetails", instance_details(book, host.account, *host.instance, role, "")}};
    case About::kKey:
      return {{"resourceType", "AccessKey"}, {"accessKeyDetails", key}};
    case About::kBucket:
      return {
          {"resourceType", "S3Bucket"},
          {"accessKeyDetails", key},
          {"s3BucketDetails",
           Json::array({bucket_details(account.buckets[rng.below(account.buckets.size())], account, 1'640'995'200)})}};
    case About::kCluster:
      return cluster_resource(account, region);
    case About::kFunction: {
      const Function& function = account.functions[rng.below(account.functions.size())];
      return {{"resourceType", "Lambda"},
              {"lambdaDetails",
               {{"functionArn", "arn:aws:lambda:" + region + ":" + account.id + ":function:" + function.name},
                {"functionName", function.name},
                {"functionVersion", "$LATEST"},
                {"role", function.role.arn},
                {"revisionId", hex_id(rng.next(), 32)},
                {"tags", Json::array()}}}};
    }
    case About::kDatabase:
      return {{"resourceType", "RDSDBInstance"},
              {"rdsDbInstanceDetails",
               {{"dbInstanceIdentifier", account.databases[0]},
                {"engine", "Aurora PostgreSQL"},
                {"engineVersion", "15.4"},
                {"dbClusterIdentifier", account.name + "-cluster"},
                {"dbInstanceArn", "arn:aws:rds:" + region + ":" + account.id + ":db:" + account.databases[0]},
                {"tags", Json::array()}}},
              {"rdsDbUserDetails",
               {{"user", "app_reader"},
                {"application", "psql"},
                {"database", "shop"},
                {"ssl", "TLSv1.3"},
                {"authMethod", "password"}}}};
    case About::kTask: {
      const std::string cluster = "arn:aws:ecs:" + region + ":" + account.id + ":cluster/" + account.name + "-cluster";
      return {{"resourceType", "ECSCluster"},
              {"ecsClusterDetails",
               {{"name", account.name + "-cluster"},
                {"arn", cluster},
                {"status", "ACTIVE"},
                {"activeServicesCount", 7},
                {"runningTasksCount", 19},
                {"tags", Json::array()},
                {"taskDetails",
                 {{"arn", "arn:aws:ecs:" + region + ":" + account.id + ":task/" + account.name + "-cluster/" +
                              hex_id(rng.next(), 32)},
                  {"definitionArn", "arn:aws:ecs:" + region + ":" + account.id + ":task-definition/checkout:42"},
                  {"version", "3"},
                  {"startedBy", "ecs-svc/1122334455667788990"},
                  {"group", "service:checkout"}}}}},
              {"containerDetails",
               {{"containerRuntime", "containerd"},
                {"id", hex_id(rng.next(), 64)},
                {"name", "checkout"},
                {"image", "registry.example.com/checkout:4.2.1"}}}};
    }
  }
  return {};
}

Json action_of(const Kind& kind, const Host& host, Rng& rng) {
  const std::string address = scanner_address(rng);
  switch (kind.about) {
    case About::kKey:
    case About::kBucket:
      return api_call_action(kind.api, kind.service, address, rng.per_mille(200) ? "AccessDenied" : "");
    case About::kCluster:
      return {{"actionType", "KUBERNETES_API_CALL"},
              {"kubernetesApiCallAction",
               {{"requestUri", "/api/v1/namespaces/kube-system/pods/coredns-7d89d9b6b8-x2k4q/exec"},
                {"verb", std::string(kind.api)},
                {"sourceIps", {address}},
                {"userAgent", "kubectl/v1.29.3 (linux/amd64) kubernetes/6813625"},
                {"statusCode", 101},
                {"remoteIpDetails", remote_ip(address)}}}};
    case About::kDatabase:
      return {{"actionType", "RDS_LOGIN_ATTEMPT"},
              {"rdsLoginAttemptAction",
               {{"remoteIpDetails", remote_ip(address)},
                {"loginAttributes",
                 {{{"user", "app_reader"},
                   {"application", "psql"},
                   {"failedLoginAttempts", 14},
                   {"successfulLoginAttempts", 1}}}}}}};
    case About::kTask:
    case About::kMalware:
      return nullptr;
    case About::kFunction:
      return connection_action(address, 443, host.instance->private_ip, 41000, "OUTBOUND");
    case About::kHost:
      break;
  }
  if (kind.type.find("DNS") != std::string_view::npos || kind.type.find("Domain") != std::string_view::npos) {
    return {
        {"actionType", "DNS_REQUEST"},
        {"dnsRequestAction",
         {{"domain", "updates." + hex_id(rng.next(), 6) + ".example.org"}, {"protocol", "UDP"}, {"blocked", false}}}};
  }
  const bool inbound = kind.type.find("BruteForce") != std::string_view::npos;
  return connection_action(address, inbound ? 40022 : 9001, host.instance->private_ip, inbound ? 22 : 40022,
                           inbound ? "INBOUND" : "OUTBOUND");
}

void varied(StoryBook& book, Json& ids) {
  for (std::uint64_t i = 0; i < std::size(kKinds); ++i) {
    const Kind& kind = kKinds[i];
    Rng rng(book.seed("varied", i));
    const Host host = some_host(book, rng);
    FindingSpec spec;
    spec.account = host.account;
    spec.region = host.region;
    spec.seed = book.seed("varied finding", i);
    spec.type = std::string(kind.type);
    spec.title = kind.about == About::kHost ? "EC2 instance " + host.instance->id + " " + std::string(kind.title)
                                            : std::string(kind.title);
    spec.description = spec.title;
    spec.severity = kind.severity;
    spec.resource = resource_of(book, kind.about, host, rng);
    if (kind.severity >= 9) {
      spec.resource = {{"resourceType", "AttackSequence"}};
      spec.service_extra = {{"featureName", "Correlation"}};
    } else {
      spec.action = action_of(kind, host, rng);
    }
    if (kind.about == About::kMalware) {
      spec.service_extra = {{"featureName", "EbsVolumeScan"},
                            {"ebsVolumeScanDetails",
                             {{"scanId", hex_id(rng.next(), 32)},
                              {"triggerFindingId", hex_id(rng.next(), 32)},
                              {"sources", {"Bitdefender"}},
                              {"scanDetections",
                               {{"threatsDetectedItemCount", {{"files", 1}}},
                                {"highestSeverityThreatDetails",
                                 {{"severity", "HIGH"}, {"threatName", "EICAR-Test-File"}, {"count", 1}}}}},
                              {"scanType", "GUARDDUTY_INITIATED"}}}};
    }
    const std::int64_t span = std::min<std::int64_t>(kVariedDays * kDay, book.end() - book.start()) - 2 * kHour;
    const std::int64_t first =
        book.end() - kHour -
        static_cast<std::int64_t>(static_cast<std::uint64_t>(span) * (i + 1) / (std::size(kKinds) + 1));
    std::vector<FindingState> states = {{first + 400, first, first + 60, 1}};
    const std::int64_t again = first + rng.between(2 * kHour, 30 * kHour);
    if (again < book.end() && rng.per_mille(600))
      states.push_back({again, first, again - 300, static_cast<int>(rng.between(2, 40))});
    ids.push_back(publish(book, spec, states).id);
  }
}

// What "generate sample findings" makes: placeholders that must not be counted as real.
void samples(StoryBook& book, Json& ids) {
  struct Sample {
    std::string_view type;
    bool instance;
    double severity;
  };
  static constexpr Sample kSamples[] = {{"Recon:IAMUser/NetworkPermissions", false, 5},
                                        {"Recon:IAMUser/ResourcePermissions", false, 5},
                                        {"UnauthorizedAccess:EC2/RDPBruteForce", true, 2},
                                        {"CryptoCurrency:EC2/BitcoinTool.B!DNS", true, 8},
                                        {"Trojan:EC2/DropPoint!DNS", true, 5},
                                        {"UnauthorizedAccess:IAMUser/TorIPCaller", false, 5},
                                        {"UnauthorizedAccess:EC2/SSHBruteForce", true, 2}};
  const std::int64_t when = book.end() - 29 * kHour;
  for (const Sample& sample : kSamples) {
    FindingSpec spec;
    spec.account = kSandbox;
    spec.region = kUsEast1;
    spec.seed = book.seed(std::string("sample ") + std::string(sample.type));
    spec.type = std::string(sample.type);
    spec.title = "[SAMPLE] " + spec.type;
    spec.description = "A sample finding of type " + spec.type + ".";
    spec.severity = sample.severity;
    const Json instance = {
        {"instanceId", "i-99999999"},
        {"instanceType", "m3.xlarge"},
        {"launchTime", "2016-08-02T02:05:06.000Z"},
        {"iamInstanceProfile",
         {{"arn", "GeneratedFindingInstanceProfileArn"}, {"id", "GeneratedFindingInstanceProfileId"}}},
        {"networkInterfaces",
         {{{"networkInterfaceId", "eni-bfcffe88"},
           {"privateIpAddress", "10.0.0.1"},
           {"publicIp", "198.51.100.0"},
           {"subnetId", "GeneratedFindingSubnetId"},
           {"vpcId", "GeneratedFindingVPCId"},
           {"securityGroups",
            {{{"groupName", "GeneratedFindingSecurityGroupName"}, {"groupId", "GeneratedFindingSecurityId"}}}}}}},
        {"imageId", "ami-99999999"},
        {"imageDescription", "GeneratedFindingInstanceImageDescription"},
        {"instanceState", "running"},
        {"availabilityZone", "GeneratedFindingInstanceAvailabilityZone"}};
    spec.resource = {{"resourceType", sample.instance ? "Instance" : "AccessKey"}, {"instanceDetails", instance}};
    if (!sample.instance)
      spec.resource["accessKeyDetails"] = access_key_details(
          "GeneratedFindingAccessKeyId", "GeneratedFindingPrincipalId", "GeneratedFindingUserName", "IAMUser");
    spec.action = sample.instance
                      ? connection_action("198.51.100.0", 32794, "10.0.0.1", 22, "INBOUND")
                      : api_call_action("GeneratedFindingAPIName", "GeneratedFindingAPIServiceName", "198.51.100.0");
    spec.additional = {{"sample", true}, {"value", "{\"sample\":true}"}, {"type", "default"}};
    ids.push_back(publish(book, spec, {{when, when, when, 1}}).id);
  }
}

}  // namespace

void add_other_findings(StoryBook& book) {
  Json probes = Json::array();
  Json others = Json::array();
  Json made = Json::array();
  port_probes(book, probes);
  varied(book, others);
  samples(book, made);
  book.document()["port_probe_findings"] = probes;
  book.document()["other_findings"] = others;
  book.document()["sample_findings"] = made;
}

}  // namespace backtrail::ingest::sample
