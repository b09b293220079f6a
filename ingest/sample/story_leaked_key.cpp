// Story 1: the key of the CI user leaks.
//
// Jenkins calls from one address, forty calls each ten minutes, with routine denials and one honest change of address.
// Then somebody uses its key from an address on a threat list: looks around, fails to make a user, gives himself a key
// of backup-svc, makes that an administrator, and starts machines in three Regions. The analyst disables the Jenkins
// key two hours later; backup-svc goes on.
#include "ingest/sample/stories.hpp"

namespace backtrail::ingest::sample {
namespace {

constexpr int kAccount = kSharedServices;
constexpr std::string_view kAttacker = "198.51.100.23";
constexpr std::string_view kAttackerLater = "198.51.100.77";
constexpr std::string_view kAttackerAgent =
    "aws-cli/2.15.30 Python/3.11.8 Linux/6.6.15-amd64 exe/x86_64.kali.2024 prompt/off command/sts.get-caller-identity";
constexpr std::string_view kJenkinsAgent =
    "aws-sdk-java/2.25.21 Linux/5.15.0-1056-aws OpenJDK_64-Bit_Server_VM/17.0.10+7 Java/17.0.10 "
    "vendor/Eclipse_Adoptium "
    "io/sync http/Apache cfg/retry-mode/standard Jenkins/2.440.3";
constexpr std::string_view kOldAddress = "100.64.7.20";
constexpr std::string_view kNewAddress = "100.64.7.133";

struct Scenes {
  StoryBook& book;
  const Account& account;
  User jenkins, backup;
  std::string new_jenkins_key, second_backup_key;
  std::int64_t attack, containment;
  int attack_group, jenkins_group, new_key_group, containment_group, goes_on_group, backup_group;
};

Uuid at(Scenes& s, std::int64_t after, int group, const Actor& actor, Call call) {
  call.account = kAccount;
  call.seconds = s.attack + after;
  return s.book.call(group, actor, call);
}

std::string miner_request() {
  return R"({"instancesSet":{"items":[{"imageId":"ami-0c2b8ca1dad447f8a","minCount":1,"maxCount":4}]},"instanceType":"g5.12xlarge","blockDeviceMapping":{},"monitoring":{"enabled":false},"disableApiTermination":true,"disableApiStop":false,"clientToken":"5f6c5ad2-2a3e-4c58-9f0c-0c3a8a1b7e11","userData":"<sensitiveDataRemoved>"})";
}

std::string miner_response(const Scenes& s) {
  std::string items;
  for (std::uint64_t i = 0; i < 4; ++i) {
    if (i > 0) items += ',';
    items +=
        R"({"instanceId":")" + resource_id("i", s.book.seed("story1 miner", i)) +
        R"(","imageId":"ami-0c2b8ca1dad447f8a","instanceState":{"code":0,"name":"pending"},"instanceType":"g5.12xlarge","placement":{"availabilityZone":"us-west-2b","tenancy":"default"},"monitoring":{"state":"disabled"},"architecture":"x86_64","rootDeviceType":"ebs"})";
  }
  return R"({"reservationId":"r-0a7c1e5f9b3d2468a","ownerId":")" + s.account.id +
         R"(","groupSet":{},"instancesSet":{"items":[)" + items + "]}}";
}

struct AttackCalls {
  std::vector<Uuid> all, recon, objects;
};

AttackCalls attack(Scenes& s) {
  const Actor thief = user_actor(s.account.id, s.jenkins, s.jenkins.key, kAttacker, kAttackerAgent);
  const std::string bucket = s.account.buckets[1];
  const std::string names =
      R"({"names":["/shared-services/api/config/endpoint","/shared-services/ci/deploy-token"],"withDecryption":true})";
  const std::string list = R"({"list-type":"2","bucketName":")" + bucket + R"(","encoding-type":"url","Host":")" +
                           bucket + R"(.s3.us-west-2.amazonaws.com"})";
  const std::string listed = R"({"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::)" + bucket +
                             R"(/"},{"accountId":")" + s.account.id +
                             R"(","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::)" + bucket + R"("})";
  AttackCalls calls;
  const auto add = [&](std::int64_t after, const Call& call) {
    calls.all.push_back(at(s, after, s.attack_group, thief, call));
    return calls.all.back();
  };
  const auto recon = [&](std::int64_t after, const Call& call) { calls.recon.push_back(add(after, call)); };
  const auto objects = [&](std::int64_t after, const Call& call) { calls.objects.push_back(add(after, call)); };
  recon(0, {.api = "sts:GetCallerIdentity", .region = kUsEast1});
  recon(42, {.api = "ssm:DescribeParameters", .region = kUsWest2});
  recon(71, {.api = "ssm:GetParameters", .region = kUsWest2, .request = names});
  recon(124, {.api = "dynamodb:ListTables", .region = kUsWest2});
  objects(163, {.api = "s3:ListObjects", .region = kUsWest2, .request = list, .resources = listed});
  objects(169, {.api = "s3:ListObjects", .region = kUsWest2, .request = list, .resources = listed});
  add(398, {.api = "iam:CreateUser", .region = kUsEast1, .request = R"({"userName":"svc-monitor"})", .denied = true});
  add(455, {.api = "iam:CreateAccessKey",
            .region = kUsEast1,
            .request = R"({"userName":"backup-svc"})",
            .response = R"({"accessKey":{"userName":"backup-svc","accessKeyId":")" + s.second_backup_key +
                        R"(","status":"Active","createDate":")" +
                        [&] {
                          Text t;
                          t.put_console_date(s.attack + 455);
                          return std::string(t.view());
                        }() +
                        R"("}})"});
  add(521, {.api = "iam:AttachUserPolicy",
            .region = kUsEast1,
            .request = R"({"userName":"backup-svc","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"})"});
  add(702, {.api = "ec2:RunInstances", .region = kUsWest2, .request = miner_request(), .response = miner_response(s)});
  add(748, {.api = "ec2:RunInstances", .region = kEuWest1, .request = miner_request(), .denied = true});
  add(790, {.api = "ec2:RunInstances", .region = kApSoutheast2, .request = miner_request(), .denied = true});
  recon(3310, {.api = "ssm:GetParameters", .region = kUsWest2, .request = names});
  objects(3342, {.api = "s3:ListObjects", .region = kUsWest2, .request = list, .resources = listed});
  return calls;
}

void contain(Scenes& s) {
  const Actor who = analyst(s.book, kAccount, s.containment);
  const auto after = s.containment - s.attack;
  at(s, after - 95, s.containment_group, who,
     {.api = "iam:ListAccessKeys", .region = kUsEast1, .request = R"({"userName":"jenkins-ci"})"});
  at(s, after, s.containment_group, who,
     {.api = "iam:UpdateAccessKey",
      .region = kUsEast1,
      .request = R"({"userName":"jenkins-ci","status":"Inactive","accessKeyId":")" + s.jenkins.key + R"("})"});
  at(s, after + 380, s.containment_group, who,
     {.api = "iam:CreateAccessKey",
      .region = kUsEast1,
      .request = R"({"userName":"jenkins-ci"})",
      .response =
          R"({"accessKey":{"userName":"jenkins-ci","accessKeyId":")" + s.new_jenkins_key + R"(","status":"Active"}})"});
}

std::vector<Uuid> go_on(Scenes& s) {
  const Actor thief = user_actor(s.account.id, s.backup, s.second_backup_key, kAttackerLater, kAttackerAgent);
  const std::int64_t from = s.containment - s.attack + 25 * kMinute;
  struct Step {
    std::int64_t after;
    std::string_view api;
    int region;
    std::string request;
  };
  const Step steps[] = {
      {0, "sts:GetCallerIdentity", kUsEast1, ""},
      {31, "iam:ListUsers", kUsEast1, ""},
      {48, "iam:ListRoles", kUsEast1, ""},
      {90, "s3:ListBuckets", kUsEast1, ""},
      {140, "secretsmanager:ListSecrets", kUsWest2, ""},
      {171, "secretsmanager:GetSecretValue", kUsWest2, R"({"secretId":"shared-services/api/database"})"},
      {178, "secretsmanager:GetSecretValue", kUsWest2, R"({"secretId":"shared-services/gateway/database"})"},
      {240, "iam:CreateLoginProfile", kUsEast1, R"({"userName":"backup-svc","passwordResetRequired":false})"},
      {1260, "ec2:DescribeInstances", kUsWest2, ""},
      {1305, "ec2:DescribeSnapshots", kUsWest2, ""},
      {4020, "sts:GetCallerIdentity", kUsEast1, ""},
      {4055, "guardduty:ListDetectors", kUsWest2, ""},
      {4081, "cloudtrail:DescribeTrails", kUsWest2, ""},
      {7900, "secretsmanager:GetSecretValue", kUsWest2, R"({"secretId":"shared-services/admin/database"})"},
  };
  std::vector<Uuid> calls;
  for (const Step& step : steps) {
    calls.push_back(at(s, from + step.after, s.goes_on_group, thief,
                       {.api = step.api, .region = step.region, .request = step.request}));
  }
  return calls;
}

void benign(Scenes& s) {
  StoryBook& book = s.book;
  const std::string account_id = s.account.id;
  const std::int64_t moved = s.attack - 5 * kHour;  // the honest change of address
  const auto jenkins = [account_id, user = s.jenkins, moved](const std::string& key) {
    return [=](Plan& plan, std::int64_t when) {
      return actor_burst(plan,
                         user_actor(account_id, user, key, when < moved ? kOldAddress : kNewAddress, kJenkinsAgent));
    };
  };
  Paced paced;
  paced.account = kAccount;
  paced.region = kUsWest2;
  paced.calls =
      book.calls({"ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:BatchCheckLayerAvailability",
                  "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:BatchGetImage", "ssm:GetParameters",
                  "ssm:GetParameter", "s3:PutObject", "s3:GetObject", "s3:ListObjects", "ecs:DescribeServices",
                  "ecs:DescribeServices", "ecs:RegisterTaskDefinition", "ecs:UpdateService",
                  "codeartifact:GetAuthorizationToken", "sts:GetCallerIdentity", "cloudformation:DescribeStacks"});
  paced.denied_per_mille = 15;
  paced.group = s.jenkins_group;
  paced.caller = jenkins(s.jenkins.key);
  const auto per_window = static_cast<std::uint32_t>(book.scaled(40, 1));
  const auto windows = [&](std::int64_t from, std::int64_t to) {
    return book.scaled(static_cast<std::uint64_t>((to - from) / (10 * kMinute)), 8, 200'000);
  };
  Paced before = paced;
  before.from = book.start();
  before.to = book.dense_from();
  before.per_burst = per_window;
  before.count =
      book.history(static_cast<std::uint64_t>(std::max<std::int64_t>(0, before.to - before.from)) / 600 * 40, 60);
  book.stream(before);
  Paced dense = paced;
  dense.from = book.dense_from();
  dense.to = s.containment - 2 * kMinute;
  dense.per_burst = per_window;
  dense.count = windows(dense.from, dense.to) * per_window;
  book.stream(dense);
  Paced after = paced;
  after.from = s.containment + 25 * kMinute;
  after.to = book.end() - kMinute;
  after.per_burst = per_window;
  after.count = windows(after.from, after.to) * per_window;
  after.group = s.new_key_group;
  after.caller = jenkins(s.new_jenkins_key);
  book.stream(after);
  // backup-svc's own work: one snapshot a night, under its first key.
  const Actor nightly = user_actor(
      s.account.id, s.backup, s.backup.key, "100.64.7.41",
      "Boto3/1.28.57 md/Botocore#1.31.57 ua/2.0 os/linux#6.1.84 md/arch#x86_64 lang/python#3.10.12 Botocore/1.31.57");
  for (std::int64_t night = 0; night < 14; ++night) {
    const std::int64_t when = floor_to(book.end(), kDay) - night * kDay + 2 * kHour + 13 * kMinute;
    if (when <= book.start() || when + 60 >= book.end()) continue;
    at(s, when - s.attack, s.backup_group, nightly, {.api = "ec2:DescribeVolumes", .region = kUsWest2});
    at(s, when - s.attack + 2, s.backup_group, nightly, {.api = "ec2:CreateSnapshot", .region = kUsWest2});
  }
}

FindingSpec finding(const Scenes& s, std::string_view name, std::string_view type, std::string_view title,
                    double severity, Json resource, Json action) {
  FindingSpec spec;
  spec.account = kAccount;
  spec.region = kUsWest2;
  spec.seed = s.book.seed(name);
  spec.type = std::string(type);
  spec.title = std::string(title);
  spec.description =
      spec.title +
      " Unauthorized actors perform such activity from addresses that your organisation lists as malicious.";
  spec.severity = severity;
  spec.resource = std::move(resource);
  spec.action = std::move(action);
  spec.additional = {{"threatListName", "org-threat-list"},
                     {"value", "{\"threatListName\":\"org-threat-list\"}"},
                     {"type", "default"}};
  spec.service_extra = {{"evidence", threat_list_evidence("org-threat-list")}};
  return spec;
}

std::vector<FindingRef> findings(Scenes& s, const AttackCalls& calls, const std::vector<Uuid>& later) {
  const std::int64_t t = s.attack;
  const Json key = {{"resourceType", "AccessKey"},
                    {"accessKeyDetails", access_key_details(s.jenkins.key, s.jenkins.id, "jenkins-ci", "IAMUser")}};
  Json objects = key;
  objects["resourceType"] = "S3Bucket";
  objects["s3BucketDetails"] = Json::array({bucket_details(s.account.buckets[1], s.account, 1'650'000'000)});
  const Json second = {
      {"resourceType", "AccessKey"},
      {"accessKeyDetails", access_key_details(s.second_backup_key, s.backup.id, "backup-svc", "IAMUser")}};
  const std::int64_t from = s.containment + 25 * kMinute;
  std::vector<FindingRef> refs;
  refs.push_back(
      publish(s.book,
              finding(s, "story1 recon", "Recon:IAMUser/MaliciousIPCaller.Custom",
                      "Reconnaissance API ListTables was invoked from an IP address on a custom threat list.", 5, key,
                      api_call_action("ListTables", "dynamodb.amazonaws.com", kAttacker)),
              {{t + 540, t, t + 124, 4}, {t + 4200, t, t + 3310, 5}}, calls.recon));
  refs.push_back(publish(s.book,
                         finding(s, "story1 unauthorized", "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
                                 "API GetParameters was invoked from an IP address on a custom threat list.", 5, key,
                                 api_call_action("GetParameters", "ssm.amazonaws.com", kAttacker)),
                         {{t + 560, t, t + 455, 8}, {t + 1500, t, t + 790, 12}, {t + 4260, t, t + 3342, 14}},
                         calls.all));
  refs.push_back(publish(s.book,
                         finding(s, "story1 discovery", "Discovery:S3/MaliciousIPCaller.Custom",
                                 "API ListObjects was invoked from an IP address on a custom threat list.", 8, objects,
                                 api_call_action("ListObjects", "s3.amazonaws.com", kAttacker)),
                         {{t + 700, t + 163, t + 169, 2}, {t + 4300, t + 163, t + 3342, 3}}, calls.objects));
  refs.push_back(
      publish(s.book,
              finding(s, "story1 goes on", "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
                      "API GetSecretValue was invoked from an IP address on a custom threat list.", 5, second,
                      api_call_action("GetSecretValue", "secretsmanager.amazonaws.com", kAttackerLater)),
              {{from + 600, from, from + 240, 8}, {from + 8400, from, from + 7900, 14}}, later));
  return refs;
}

}  // namespace

void tell_leaked_key(StoryBook& book) {
  const Account& account = book.account(kAccount);
  Scenes s{book,
           account,
           make_user(book.seed("jenkins"), account.id, "jenkins-ci"),
           make_user(book.seed("backup-svc"), account.id, "backup-svc"),
           access_key_id(book.seed("jenkins second key")),
           access_key_id(book.seed("backup-svc second key")),
           book.end() - 26 * kHour + 17,
           0,
           0,
           0,
           0,
           0,
           0,
           0};
  s.containment = s.attack + 2 * kHour + 10 * kMinute;
  s.attack_group = book.truth().add_group(1, "attack");
  s.jenkins_group = book.truth().add_group(1, "jenkins_same_key");
  s.new_key_group = book.truth().add_group(1, "jenkins_new_key");
  s.containment_group = book.truth().add_group(1, "containment");
  s.goes_on_group = book.truth().add_group(1, "backup_svc_goes_on");
  s.backup_group = book.truth().add_group(1, "backup_svc_own_key");
  const AttackCalls calls = attack(s);
  contain(s);
  const std::vector<Uuid> later = go_on(s);
  benign(s);
  add_story(
      book, 1, "leaked_ci_key", "A leaked CI key, contained, and a second user that goes on", findings(s, calls, later),
      {{"account_id", account.id},
       {"user", "jenkins-ci"},
       {"principal_id", s.jenkins.id},
       {"access_key", s.jenkins.key},
       {"second_user", "backup-svc"},
       {"second_principal_id", s.backup.id},
       {"second_access_key", s.second_backup_key},
       {"attacker_ips", {kAttacker, kAttackerLater}},
       {"jenkins_ips", {kOldAddress, kNewAddress}},
       {"address_changed_at", to_iso(s.attack - 5 * kHour)},
       {"attack_at", to_iso(s.attack)},
       {"contained_at", to_iso(s.containment)}},
      Json::array(
          {every_event_with("userIdentity.accessKeyId", s.jenkins.key, {"attack", "jenkins_same_key"}),
           every_event_with("userIdentity.principalId", s.jenkins.id,
                            {"attack", "jenkins_same_key", "jenkins_new_key"}),
           every_event_with("userIdentity.accessKeyId", s.second_backup_key, {"backup_svc_goes_on"}),
           every_event_with("userIdentity.principalId", s.backup.id, {"backup_svc_goes_on", "backup_svc_own_key"}),
           every_event_with("sourceIPAddress", kAttacker, {"attack"}),
           every_event_with("sourceIPAddress", kAttackerLater, {"backup_svc_goes_on"})}));
}

}  // namespace backtrail::ingest::sample
