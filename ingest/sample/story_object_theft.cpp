// Story 5: objects are stolen from the data lake, told by GuardDuty as one attack sequence.
//
// Every night a role copies a hundred thousand objects under the session name nightly-backup. With the key of an
// export user somebody assumes the same role under the same name: so the principal is the same and only the key and
// the address differ. He lists, opens a bucket's public access block, reads four thousand objects and deletes some,
// while the backup runs, KMS decrypts for both and Inspector scans. In the account next door he reads too, and nobody
// will see what: its trail records no data events.
#include "ingest/sample/stories.hpp"

namespace backtrail::ingest::sample {
namespace {

constexpr int kAccount = kDataLake;
constexpr int kRegion = kUsEast1;
constexpr std::string_view kAttacker = "203.0.113.201";
constexpr std::string_view kAttackerAgent =
    "Boto3/1.34.11 md/Botocore#1.34.11 ua/2.0 os/linux#6.5.0 md/arch#x86_64 lang/python#3.11.2 md/pyimpl#CPython "
    "Botocore/1.34.11";
constexpr std::string_view kBackupAddress = "10.40.12.9";
constexpr std::string_view kBackupAgent =
    "Boto3/1.28.57 md/Botocore#1.31.57 ua/2.0 os/linux#6.1.84-99.169.amzn2023.x86_64 md/arch#x86_64 lang/python#3.9.16 "
    "md/pyimpl#CPython cfg/retry-mode#standard Botocore/1.31.57 s3transfer/0.7.0";
constexpr std::string_view kSession = "nightly-backup";
constexpr int kDeletes = 60;

struct Scenes {
  StoryBook& book;
  const Account& account;
  const Account& neighbour;
  Role role;
  User exporter;
  Rotation rotation;
  std::uint64_t thief_seed;
  std::string bucket;
  std::int64_t began, reading, read, ended;
  int origin, enumeration, opened, theft, deletes, theft_keys, neighbour_side, backup, backup_keys, backup_sessions,
      storm, own_work;
};

Uuid at(Scenes& s, std::int64_t after, int group, const Actor& actor, Call call) {
  call.account = kAccount;
  call.region = kRegion;
  call.seconds = s.began + after;
  return s.book.call(group, actor, call);
}

Actor thief(const Scenes& s, std::string_view invoked_by = {}) {
  const std::string key = temporary_key_id(s.thief_seed);
  RoleSession session{s.account.id, &s.role, kSession, key, s.began + 52};
  session.invoked_by = invoked_by;
  return session_actor(session, invoked_by.empty() ? kAttacker : invoked_by,
                       invoked_by.empty() ? kAttackerAgent : invoked_by);
}

Actor backup(const Scenes& s, std::int64_t when, std::string_view invoked_by = {}) {
  const std::string key = temporary_key_id(s.rotation.key_seed(when));
  RoleSession session{s.account.id, &s.role, kSession, key, s.rotation.issued_at(when)};
  session.invoked_by = invoked_by;
  Actor actor = session_actor(session, invoked_by.empty() ? kBackupAddress : invoked_by,
                              invoked_by.empty() ? kBackupAgent : invoked_by);
  if (invoked_by.empty()) actor.endpoint = s.account.endpoints[kRegion];
  return actor;
}

struct AttackCalls {
  std::vector<Uuid> all, lists, deletes;
  Uuid opened;
};

std::string bucket_request(std::string_view what, const std::string& bucket) {
  return R"({")" + std::string(what) + R"(":"","bucketName":")" + bucket + R"(","Host":")" + bucket +
         R"(.s3.us-east-1.amazonaws.com"})";
}

std::string bucket_resource(const std::string& account_id, const std::string& bucket) {
  return R"({"accountId":")" + account_id + R"(","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::)" + bucket + R"("})";
}

void assume(Scenes& s) {
  const Actor user = user_actor(s.account.id, s.exporter, s.exporter.key, kAttacker, kAttackerAgent);
  at(s, 0, s.origin, user, {.api = "sts:GetCallerIdentity"});
  Call call{.api = "sts:AssumeRole"};
  call.role = &s.role;
  call.session = std::string(kSession);
  call.issued_seed = s.thief_seed;
  at(s, 52, s.origin, user, call);
}

// The neighbour's bucket: what is recorded are three calls about the bucket, on both sides.
void look_next_door(Scenes& s) {
  const std::string bucket = s.neighbour.buckets[7];
  struct Look {
    std::int64_t after;
    std::string_view api, parameter;
  };
  const Look looks[] = {{2000, "s3:GetBucketLocation", "location"},
                        {2011, "s3:GetBucketPolicy", "policy"},
                        {2026, "s3:GetBucketVersioning", "versioning"}};
  const Actor foreign = foreign_actor(s.account.id, s.role.id + ":" + std::string(kSession), kAttacker, kAttackerAgent);
  for (const Look& look : looks) {
    Call call{.api = look.api,
              .account = kAccount,
              .region = kRegion,
              .seconds = s.began + look.after,
              .request = bucket_request(look.parameter, bucket),
              .resources = bucket_resource(s.neighbour.id, bucket)};
    call.shared_seed = s.book.seed("story5 next door", static_cast<std::uint64_t>(look.after)) | 1;
    s.book.call(s.enumeration, thief(s), call);
    call.account = kAccountWithoutDataEvents;
    s.book.call(s.neighbour_side, foreign, call);
  }
}

AttackCalls attack(Scenes& s) {
  assume(s);
  const Actor who = thief(s);
  AttackCalls calls;
  const auto enumerate = [&](std::int64_t after, const Call& call) {
    calls.all.push_back(at(s, after, s.enumeration, who, call));
  };
  enumerate(95, {.api = "s3:ListBuckets"});
  std::int64_t after = 120;
  for (const std::size_t i : {6U, 9U, 10U, 2U, 4U}) {
    const std::string& bucket = s.account.buckets[i];
    const std::string on = bucket_resource(s.account.id, bucket);
    enumerate(after, {.api = "s3:GetBucketLocation", .request = bucket_request("location", bucket), .resources = on});
    enumerate(after + 2, {.api = "s3:GetBucketPolicy", .request = bucket_request("policy", bucket), .resources = on});
    enumerate(after + 4,
              {.api = "s3:GetBucketVersioning", .request = bucket_request("versioning", bucket), .resources = on});
    enumerate(after + 5, {.api = "s3:GetBucketPublicAccessBlock",
                          .request = bucket_request("publicAccessBlock", bucket),
                          .resources = on});
    after += 31;
  }
  const std::string on_bucket = bucket_resource(s.account.id, s.bucket);
  for (std::int64_t page = 0; page < 6; ++page) {
    enumerate(360 + 3 * page, {.api = "s3:ListObjects",
                               .request = R"({"list-type":"2","bucketName":")" + s.bucket +
                                          R"(","encoding-type":"url","max-keys":"1000","Host":")" + s.bucket +
                                          R"(.s3.us-east-1.amazonaws.com"})",
                               .resources = on_bucket});
    calls.lists.push_back(calls.all.back());
  }
  calls.opened = at(s, 640, s.opened, who,
                    {.api = "s3:DeleteBucketPublicAccessBlock",
                     .request = bucket_request("publicAccessBlock", s.bucket),
                     .resources = on_bucket});
  calls.all.push_back(calls.opened);
  look_next_door(s);
  for (int i = 0; i < kDeletes; ++i) {
    Text name;
    name.put("exports/customers/dt=2026-01-01/part-");
    name.put_padded(static_cast<std::uint64_t>(i), 5);
    name.put("-c000.snappy.parquet");
    const std::string object(name.view());
    std::string resources = R"({"type":"AWS::S3::Object","ARN":"arn:aws:s3:::)" + s.bucket;
    resources.append("/").append(object).append(R"("},)").append(on_bucket);
    calls.deletes.push_back(at(s, s.read - s.began + 120 + 2 * i, s.deletes, who,
                               {.api = "s3:DeleteObject",
                                .request = R"({"bucketName":")" + s.bucket + R"(","Host":")" + s.bucket +
                                           R"(.s3.us-east-1.amazonaws.com","key":")" + object + R"("})",
                                .resources = std::move(resources)}));
    calls.all.push_back(calls.deletes.back());
  }
  return calls;
}

void streams(Scenes& s) {
  StoryBook& book = s.book;
  const auto shared = std::make_shared<const Scenes>(s);
  const std::uint64_t sticky = sticky_for_bucket(s.account, s.bucket);
  const auto add = [&](int group, std::int64_t from, std::int64_t to, std::uint64_t count, std::uint32_t per_burst,
                       std::uint32_t rate, std::initializer_list<std::string_view> calls,
                       std::function<Actor(std::int64_t)> actor, std::uint64_t on) {
    Paced paced;
    paced.account = kAccount;
    paced.region = kRegion;
    paced.from = from;
    paced.to = to;
    paced.count = count;
    paced.per_burst = per_burst;
    paced.calls_per_second = rate;
    paced.group = group;
    paced.calls = book.calls(calls);
    paced.caller = [shared, actor = std::move(actor), on](Plan& plan, std::int64_t when) {
      Burst burst = actor_burst(plan, actor(when));
      burst.sticky = on;
      return burst;
    };
    book.stream(std::move(paced));
  };
  add(
      s.theft, s.reading, s.read, book.scaled(4'000, 40), 20, 4, {"s3:GetObject"},
      [shared](std::int64_t) { return thief(*shared); }, sticky);
  add(
      s.theft_keys, s.reading, s.read, book.scaled(4'000, 40), 20, 4, {"kms:Decrypt"},
      [shared](std::int64_t) { return thief(*shared, "AWS Internal"); }, sticky);
  // The backup runs from ten to four hours before the end: the theft is in the middle of it.
  const std::int64_t from = book.end() - 10 * kHour;
  const std::int64_t to = book.end() - 4 * kHour;
  add(
      s.backup, from, to, book.scaled(100'000, 400), 50, 8, {"s3:GetObject"},
      [shared](std::int64_t when) { return backup(*shared, when); }, 0);
  add(
      s.backup_keys, from, to, book.scaled(20'000, 80), 50, 8, {"kms:Decrypt"},
      [shared](std::int64_t when) { return backup(*shared, when, "AWS Internal"); }, 0);
  const auto nights = static_cast<std::uint64_t>(std::max<std::int64_t>(0, book.dense_from() - book.start()) / kDay);
  add(
      s.backup, book.start(), book.dense_from(), book.history(100'000 * nights, 50), 50, 8, {"s3:GetObject"},
      [shared](std::int64_t when) { return backup(*shared, when); }, 0);
  const auto inspector = [shared](std::int64_t when) {
    RoleSession session{
        shared->account.id, &shared->account.roles[kRoleInspector], "Inspector2Session", {}, floor_to(when, kHour)};
    session.invoked_by = "inspector2.amazonaws.com";
    return session_actor(session, "inspector2.amazonaws.com", "inspector2.amazonaws.com");
  };
  add(s.storm, s.began - kHour, s.ended + kHour, book.scaled(10'000, 40), 25, 6,
      {"ec2:DescribeImages", "ec2:DescribeSnapshots", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer",
       "lambda:GetFunction20150331v2", "ssm:DescribeInstanceInformation"},
      inspector, 0);
}

void benign(Scenes& s) {
  StoryBook& book = s.book;
  // One session a night, assumed by the scheduler.
  std::int64_t when = s.rotation.issued_at(book.end());
  for (int night = 0; night < 14 && when > book.start(); ++night, when -= s.rotation.life_s) {
    Call call{.api = "sts:AssumeRole"};
    call.role = &s.role;
    call.session = std::string(kSession);
    call.issued_seed = s.rotation.key_seed(when);
    at(s, when - s.began, s.backup_sessions, service_actor("states.amazonaws.com"), call);
  }
  const Actor own = user_actor(
      s.account.id, s.exporter, s.exporter.key, "100.64.9.14",
      "aws-cli/2.15.38 Python/3.11.8 Linux/5.15.0-105-generic exe/x86_64.ubuntu.22 prompt/off command/s3.cp");
  for (std::int64_t day = 1; day <= 14; ++day) {
    const std::int64_t at_six = floor_to(book.end(), kDay) - day * kDay + 6 * kHour;
    if (at_six > book.start()) at(s, at_six - s.began, s.own_work, own, {.api = "s3:PutObject"});
  }
  streams(s);
}

Json signal(std::string_view uid, std::string_view type, std::string_view name, std::int64_t first, std::int64_t last,
            int count, double severity, const Json& resources, std::string_view actor) {
  Json made = {{"uid", std::string(uid)},
               {"type", std::string(type)},
               {"name", std::string(name)},
               {"createdAt", to_iso_ms(first * 1000)},
               {"updatedAt", to_iso_ms(last * 1000)},
               {"firstSeenAt", to_iso_ms(first * 1000)},
               {"lastSeenAt", to_iso_ms(last * 1000)},
               {"count", count},
               {"resourceUids", resources},
               {"actorIds", {std::string(actor)}},
               {"endpointIds", {std::string(kAttacker)}},
               {"signalIndicators", {{{"key", "SUSPICIOUS_NETWORK"}, {"values", {"64502"}}}}}};
  if (severity > 0) made["severity"] = severity;
  return made;
}

Json sequence(const Scenes& s, const std::string& key, const FindingSpec& policy, const FindingSpec& exfiltration,
              std::uint64_t reads) {
  const std::string principal = s.role.id + ":" + std::string(kSession);
  const std::string bucket = "arn:aws:s3:::" + s.bucket;
  const std::int64_t t = s.began;
  Json resources = {
      {{"uid", bucket},
       {"name", s.bucket},
       {"accountId", s.account.id},
       {"resourceType", "S3_BUCKET"},
       {"region", "us-east-1"},
       {"service", "s3"},
       {"cloudPartition", "aws"},
       {"data",
        {{"s3Bucket",
          {{"ownerId", s.account.id},
           {"encryptionType", "aws:kms"},
           {"effectivePermission", "NOT_PUBLIC"},
           {"publicReadAccess", "BLOCKED"},
           {"publicWriteAccess", "BLOCKED"}}}}}},
      {{"uid", key},
       {"name", key},
       {"accountId", s.account.id},
       {"resourceType", "ACCESS_KEY"},
       {"region", "us-east-1"},
       {"service", "iam"},
       {"cloudPartition", "aws"},
       {"data",
        {{"accessKey", {{"principalId", principal}, {"userName", s.role.name}, {"userType", "AssumedRole"}}}}}}};
  const Json on = {bucket};
  Json signals = Json::array(
      {signal("s3:ListObjects", "S3_DATA_EVENTS", "ListObjects", t + 360, t + 375, 6, 0, on, principal),
       signal("s3:DeleteBucketPublicAccessBlock", "CLOUD_TRAIL", "DeleteBucketPublicAccessBlock", t + 640, t + 640, 1,
              0, on, principal),
       signal(finding_id(policy), "FINDING", policy.type, t + 640, t + 640, 1, policy.severity, on, principal),
       signal("s3:GetObject", "S3_DATA_EVENTS", "GetObject", s.reading, s.read, static_cast<int>(reads), 0, on,
              principal),
       signal(finding_id(exfiltration), "FINDING", exfiltration.type, s.reading, s.read, static_cast<int>(reads),
              exfiltration.severity, on, principal),
       signal("s3:DeleteObject", "S3_DATA_EVENTS", "DeleteObject", s.read + 120, s.ended, kDeletes, 0, on, principal)});
  return {
      {"sequence",
       {{"uid", hex_id(s.book.seed("story5 sequence uid"), 32)},
        {"description", "Objects of one S3 bucket were read and deleted after its public access block was removed."},
        {"actors",
         {{{"id", principal},
           {"user",
            {{"name", s.role.name},
             {"uid", principal},
             {"type", "AssumedRole"},
             {"credentialUid", key},
             {"account", {{"uid", s.account.id}, {"account", s.account.name}}}}},
           {"session",
            {{"uid", std::string(kSession)},
             {"mfaStatus", "DISABLED"},
             {"createdTime", to_iso_ms((t + 52) * 1000)},
             {"issuer", s.role.arn}}}}}},
        {"resources", resources},
        {"endpoints", {remote_endpoint(kAttacker)}},
        {"signals", signals},
        {"sequenceIndicators",
         {{{"key", "ATTACK_TACTIC"}, {"values", {"Discovery", "Defense Evasion", "Exfiltration", "Impact"}}},
          {{"key", "ATTACK_TECHNIQUE"}, {"values", {"T1526", "T1530", "T1485"}}},
          {{"key", "HIGH_RISK_API"},
           {"values", {"s3:DeleteBucketPublicAccessBlock", "s3:GetObject", "s3:DeleteObject"}}},
          {{"key", "UNUSUAL_ASN_FOR_USER"}, {"values", {"64502"}}}}}}}};
}

std::vector<FindingRef> findings(Scenes& s, const AttackCalls& calls) {
  const std::string key = temporary_key_id(s.thief_seed);
  const std::string principal = s.role.id + ":" + std::string(kSession);
  const std::int64_t t = s.began;
  const std::uint64_t reads = s.book.scaled(4'000, 40);
  const Json bucket = {{"resourceType", "S3Bucket"},
                       {"accessKeyDetails", access_key_details(key, principal, s.role.name, "AssumedRole")},
                       {"s3BucketDetails", Json::array({bucket_details(s.bucket, s.account, 1'612'137'600)})}};
  FindingSpec spec;
  spec.account = kAccount;
  spec.region = kRegion;
  FindingSpec whole = spec;
  whole.seed = s.book.seed("story5 sequence");
  whole.type = "AttackSequence:S3/CompromisedData";
  whole.title =
      "Potential data compromise of one or more S3 buckets involving a sequence of actions associated with "
      "AssumedRole/" +
      s.role.name + ".";
  whole.description =
      "A sequence of actions involving 6 signals indicating a potential data compromise of an S3 bucket was observed "
      "for AssumedRole/" +
      s.role.name + " with principalId " + principal + " in account " + s.account.id + ".";
  whole.severity = 9.4;
  whole.resource = {{"resourceType", "AttackSequence"}};
  const std::string arn = finding_arn(s.book, whole);
  FindingSpec policy = spec;
  policy.seed = s.book.seed("story5 policy");
  policy.type = "Policy:S3/BucketBlockPublicAccessDisabled";
  policy.title = "Amazon S3 Block Public Access was disabled for bucket " + s.bucket + ".";
  policy.description = policy.title;
  policy.severity = 2;
  policy.resource = bucket;
  policy.action = api_call_action("DeleteBucketPublicAccessBlock", "s3.amazonaws.com", kAttacker);
  policy.attack_sequence = arn;
  FindingSpec exfiltration = spec;
  exfiltration.seed = s.book.seed("story5 exfiltration");
  exfiltration.type = "Exfiltration:S3/AnomalousBehavior";
  exfiltration.title = "An IAM entity invoked an S3 API in a suspicious way.";
  exfiltration.description = "The IAM entity " + s.role.name + " read unusually many objects of bucket " + s.bucket +
                             " from a network that it never used.";
  exfiltration.severity = 8;
  exfiltration.resource = bucket;
  exfiltration.action = api_call_action("GetObject", "s3.amazonaws.com", kAttacker, {}, kAttackerAgent);
  exfiltration.attack_sequence = arn;
  whole.service_extra = {{"featureName", "Correlation"}, {"detection", sequence(s, key, policy, exfiltration, reads)}};
  return {
      publish(s.book, whole, {{s.reading + 1800, t, s.reading + 1500, 1}, {s.ended + 900, t, s.ended, 1}}, calls.all),
      publish(s.book, policy, {{t + 1100, t + 640, t + 640, 1}}, {calls.opened}),
      publish(s.book, exfiltration,
              {{s.reading + 900, s.reading, s.reading + 600, static_cast<int>(reads / 6)},
               {s.ended + 600, s.reading, s.read + 60, static_cast<int>(reads)}})};
}

}  // namespace

void tell_object_theft(StoryBook& book) {
  const Account& account = book.account(kAccount);
  Scenes s{book,
           account,
           book.account(kAccountWithoutDataEvents),
           make_role(book.seed("story5 role"), account.id, "DataLakeBackupRole"),
           make_user(book.seed("story5 user"), account.id, "dl-export-svc"),
           {},
           book.seed("story5 stolen key"),
           account.buckets[6],
           book.end() - 8 * kHour + 11,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0,
           0};
  s.rotation = {book.seed("story5 rotation"), kDay};
  s.reading = s.began + 14 * kMinute;
  s.read = s.began + 84 * kMinute;
  s.ended = s.read + 120 + 2 * (kDeletes - 1);
  Truth& truth = book.truth();
  s.origin = truth.add_group(5, "origin");
  s.enumeration = truth.add_group(5, "enumeration");
  s.opened = truth.add_group(5, "access_block_removed");
  s.theft = truth.add_group(5, "get_object");
  s.deletes = truth.add_group(5, "delete_object");
  s.theft_keys = truth.add_group(5, "kms_for_theft");
  s.neighbour_side = truth.add_group(5, "seen_in_account_without_data_events");
  s.backup = truth.add_group(5, "backup_reads");
  s.backup_keys = truth.add_group(5, "kms_for_backup");
  s.backup_sessions = truth.add_group(5, "backup_sessions");
  s.storm = truth.add_group(5, "inspector_storm");
  s.own_work = truth.add_group(5, "export_user_own_work");
  const AttackCalls calls = attack(s);
  benign(s);
  const std::string principal = s.role.id + ":" + std::string(kSession);
  const std::vector<std::string> by_thief = {"enumeration", "access_block_removed", "get_object", "delete_object",
                                             "kms_for_theft"};
  std::vector<std::string> by_principal = by_thief;
  by_principal.insert(by_principal.end(), {"backup_reads", "kms_for_backup"});
  std::vector<std::string> recorded_principal = by_principal;
  recorded_principal.push_back("seen_in_account_without_data_events");
  add_story(
      book, 5, "object_theft", "Objects stolen from the data lake under the name of the nightly backup",
      findings(s, calls),
      {{"account_id", account.id},
       {"role", s.role.name},
       {"role_id", s.role.id},
       {"principal_id", principal},
       {"stolen_access_key", temporary_key_id(s.thief_seed)},
       {"export_user", s.exporter.name},
       {"export_user_key", s.exporter.key},
       {"bucket", s.bucket},
       {"attacker_ips", {kAttacker}},
       {"account_without_data_events", s.neighbour.id},
       {"attack_at", to_iso(s.began)},
       {"ended_at", to_iso(s.ended)}},
      Json::array({every_event_with("userIdentity.accessKeyId", temporary_key_id(s.thief_seed), by_thief),
                   every_event_with("userIdentity.sessionContext.sessionIssuer.principalId", s.role.id, by_principal),
                   every_event_with("userIdentity.principalId", principal, recorded_principal),
                   every_event_with("userIdentity.accessKeyId", s.exporter.key, {"origin", "export_user_own_work"}),
                   every_event_with("sourceIPAddress", kAttacker,
                                    {"origin", "enumeration", "access_block_removed", "get_object", "delete_object",
                                     "seen_in_account_without_data_events"})}));
}

}  // namespace backtrail::ingest::sample
