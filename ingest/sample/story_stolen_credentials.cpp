// Story 2: the credentials of an instance are used from outside.
//
// Eight instances share a role. Their agents call home every five minutes and the application scans its table. Somebody
// runs a command on one of them, reads its credentials from the metadata service, and uses them from another network:
// looks for permissions, reads and destroys a table, reads and deletes a parameter. The automatic response revokes the
// role's sessions: the thief is refused, and so are all eight instances until each has a fresh session.
#include "ingest/sample/stories.hpp"

namespace backtrail::ingest::sample {
namespace {

constexpr int kAccount = kProdWeb;
constexpr int kRegion = kUsWest2;
constexpr std::string_view kAttacker = "203.0.113.66";
constexpr std::string_view kAttackerAgent =
    "aws-cli/2.13.22 Python/3.11.5 Windows/10 exe/AMD64 prompt/off command/dynamodb.scan";
constexpr std::string_view kApplicationAgent =
    "aws-sdk-java/2.25.31 Linux/6.1.84-99.169.amzn2023.x86_64 OpenJDK_64-Bit_Server_VM/21.0.2+13-LTS Java/21.0.2 "
    "vendor/Amazon.com_Inc. io/sync http/Apache cfg/retry-mode/standard";
constexpr std::string_view kOperatorAgent =
    "aws-cli/2.15.41 Python/3.11.8 Darwin/23.4.0 exe/x86_64 prompt/off command/ssm.send-command";
constexpr int kInstances = 8;

struct Host {
  Instance instance;
  Rotation rotation;  // of the keys before the revocation
  std::uint64_t fresh_seed = 0;
  std::int64_t fresh_at = 0;
};

struct Scenes {
  StoryBook& book;
  const Account& account;
  Role role;
  std::vector<Host> hosts;  // the first one is the victim
  std::int64_t theft, revoked;
  std::uint64_t stolen_seed;
  std::string table;
  int attack, denied, beats, siblings, scans, sibling_scans, refused, sibling_refused, fresh, sibling_fresh, origin,
      command, response;
};

Uuid at(Scenes& s, std::int64_t after, int group, const Actor& actor, Call call) {
  call.account = kAccount;
  call.seconds = s.theft + after;
  return s.book.call(group, actor, call);
}

Actor thief(const Scenes& s) {
  const std::string key = temporary_key_id(s.stolen_seed);
  // The first version of the metadata service: that is how the key could be read by a plain request.
  const RoleSession session{s.account.id, &s.role, s.hosts[0].instance.id, key, s.theft - 17 * kMinute, false, "1.0"};
  return session_actor(session, kAttacker, kAttackerAgent);
}

// What the instance hands out when asked for credentials: an AssumeRole by EC2, named after the instance.
Uuid assumed_by_ec2(Scenes& s, int group, const Host& host, std::uint64_t key_seed, std::int64_t when) {
  Call call{.api = "sts:AssumeRole", .account = kAccount, .region = kRegion, .seconds = when};
  call.role = &s.role;
  call.session = host.instance.id;
  call.issued_seed = key_seed;
  return s.book.call(group, service_actor("ec2.amazonaws.com"), call);
}

std::vector<Uuid> attack(Scenes& s) {
  const Account& account = s.account;
  const std::string operator_key = temporary_key_id(s.book.seed("operator"));
  const RoleSession operator_session{account.id, &account.roles[kRoleSsoDeveloper], "noah.kessler@example.com",
                                     operator_key, s.theft - kHour};
  const Actor by_operator = session_actor(operator_session, "100.80.3.61", kOperatorAgent);
  const std::string victim = s.hosts[0].instance.id;
  at(s, -18 * kMinute, s.command, by_operator,
     {.api = "ssm:SendCommand",
      .region = kRegion,
      .request = R"({"documentName":"AWS-RunShellScript","instanceIds":[")" + victim +
                 R"("],"interactive":false,"parameters":"HIDDEN_DUE_TO_SECURITY_REASONS"})",
      .response =
          R"({"command":{"commandId":"0d1f7e5c-9c1b-4f7e-8a55-2b7d5a1c3e90","documentName":"AWS-RunShellScript","documentVersion":"$DEFAULT","instanceIds":[")" +
          victim +
          R"("],"parameters":"HIDDEN_DUE_TO_SECURITY_REASONS","status":"Pending","targetCount":1,"timeoutSeconds":3600,"outputS3Region":"us-west-2"}})"});
  at(s, -18 * kMinute + 40, s.command, by_operator,
     {.api = "ssm:GetCommandInvocation",
      .region = kRegion,
      .request = R"({"commandId":"0d1f7e5c-9c1b-4f7e-8a55-2b7d5a1c3e90","instanceId":")" + victim + R"("})"});
  assumed_by_ec2(s, s.origin, s.hosts[0], s.stolen_seed, s.theft - 17 * kMinute);
  const Actor from_outside = thief(s);
  const std::string table = R"({"tableName":")" + s.table + R"("})";
  const std::string on_table = R"({"accountId":")" + account.id +
                               R"(","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:us-west-2:)" + account.id +
                               ":table/" + s.table + R"("})";
  const std::string secret = R"("/prod-web/admin/db-password")";
  const std::string on_secret = R"({"accountId":")" + account.id + R"(","ARN":"arn:aws:ssm:us-west-2:)" + account.id +
                                R"(:parameter/prod-web/admin/db-password"})";
  std::vector<Uuid> calls;
  const auto add = [&](std::int64_t after, Call call) {
    calls.push_back(at(s, after, s.attack, from_outside, std::move(call)));
  };
  add(0, {.api = "iam:GetUser",
          .region = kUsEast1,
          .request = "null",
          .error_code = "ValidationError",
          .error_message = "Must specify userName when calling with non-User credentials"});
  add(48, {.api = "iam:CreateUser", .region = kUsEast1, .request = R"({"userName":"Chuck"})", .denied = true});
  add(93, {.api = "dynamodb:ListTables", .region = kRegion});
  add(131, {.api = "dynamodb:DescribeTable", .region = kRegion, .request = table, .resources = on_table});
  add(170, {.api = "dynamodb:Scan", .region = kRegion, .request = table, .resources = on_table});
  add(226, {.api = "dynamodb:PutItem",
            .region = kRegion,
            .request = R"({"tableName":")" + s.table + R"(","key":{"pk":"joshua tree"}})",
            .resources = on_table});
  add(251, {.api = "dynamodb:Scan", .region = kRegion, .request = table, .resources = on_table});
  add(340, {.api = "dynamodb:DeleteTable",
            .region = kRegion,
            .request = table,
            .response = R"({"tableDescription":{"tableName":")" + s.table +
                        R"(","tableStatus":"DELETING","itemCount":41873,"tableSizeBytes":9127744}})",
            .resources = on_table});
  add(362, {.api = "dynamodb:ListTables", .region = kRegion});
  add(430, {.api = "ssm:DescribeParameters", .region = kRegion});
  add(471, {.api = "ssm:GetParameters",
            .region = kRegion,
            .request = R"({"names":[)" + secret + R"(],"withDecryption":false})",
            .resources = on_secret});
  add(495, {.api = "ssm:GetParameters",
            .region = kRegion,
            .request = R"({"names":[)" + secret + R"(],"withDecryption":true})",
            .resources = on_secret});
  add(560, {.api = "ssm:DeleteParameter",
            .region = kRegion,
            .request = R"({"name":)" + secret + "}",
            .resources = on_secret});
  return calls;
}

void respond(Scenes& s) {
  const std::string before = to_iso(s.revoked);
  const std::string policy = json_escaped(
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":")" +
      before + R"("}}}]})");
  at(s, s.revoked - s.theft, s.response,
     responder(s.book, kAccount, s.revoked, "respond-instance-credential-exfiltration"),
     {.api = "iam:PutRolePolicy",
      .region = kUsEast1,
      .request = R"({"roleName":")" + s.role.name + R"(","policyName":"RevokeOldSessions","policyDocument":")" +
                 policy + R"("})"});
  const Actor from_outside = thief(s);
  const auto after = s.revoked - s.theft;
  at(s, after + 190, s.denied, from_outside, {.api = "dynamodb:ListTables", .region = kRegion, .denied = true});
  at(s, after + 205, s.denied, from_outside, {.api = "dynamodb:ListTables", .region = kRegion, .denied = true});
  at(s, after + 260, s.denied, from_outside, {.api = "ssm:DescribeParameters", .region = kRegion, .denied = true});
  at(s, after + 1440, s.denied, from_outside, {.api = "dynamodb:ListTables", .region = kRegion, .denied = true});
  for (const Host& host : s.hosts) assumed_by_ec2(s, s.origin, host, host.fresh_seed, host.fresh_at);
}

// The calls of one host of one kind in one phase.
void phase(Scenes& s, const Host& host, bool fresh, int group, std::int64_t from, std::int64_t to, std::uint64_t count,
           bool refused, bool application) {
  StoryBook& book = s.book;
  Paced paced;
  paced.account = kAccount;
  paced.region = kRegion;
  paced.from = from;
  paced.to = to;
  paced.count = count;
  paced.group = group;
  paced.denied_per_mille = refused ? 1000 : 0;
  paced.calls = application ? book.calls({"dynamodb:Scan"}) : book.calls({"ssm:UpdateInstanceInformation"});
  const std::uint64_t sticky = application ? sticky_for_table(s.account, s.account.tables[1]) : 0;
  const auto shared = std::make_shared<const std::pair<Host, Role>>(host, s.role);
  paced.caller = [&book, shared, fresh, application, sticky](Plan& plan, std::int64_t when) {
    const Host& h = shared->first;
    const std::uint64_t key = fresh ? h.fresh_seed : h.rotation.key_seed(when);
    const std::int64_t issued = fresh ? h.fresh_at : h.rotation.issued_at(when);
    Burst burst = actor_burst(plan, instance_actor(book, kAccount, kRegion, h.instance, shared->second, key, issued,
                                                   application ? kApplicationAgent : kSsmAgent));
    burst.instance = &h.instance;
    burst.sticky = sticky;
    return burst;
  };
  book.stream(std::move(paced));
}

void benign(Scenes& s) {
  StoryBook& book = s.book;
  const std::int64_t dense = book.dense_from();
  for (std::size_t i = 0; i < s.hosts.size(); ++i) {
    const Host& host = s.hosts[i];
    const bool victim = i == 0;
    const auto beats = [&](std::int64_t from, std::int64_t to) {
      const auto full = static_cast<std::uint64_t>((to - from) / (5 * kMinute));
      return std::max<std::uint64_t>(
          1, book.scaled(full, std::min<std::uint64_t>(full, victim ? full / 12 : full / 40), 200'000));
    };
    const auto scans = [&](std::int64_t from, std::int64_t to) {
      return book.scaled(static_cast<std::uint64_t>((to - from) / (2 * kMinute)), 4);
    };
    const int beat_group = victim ? s.beats : s.siblings;
    const int scan_group = victim ? s.scans : s.sibling_scans;
    const auto days_before = static_cast<std::uint64_t>(std::max<std::int64_t>(0, dense - book.start()) / kDay);
    phase(s, host, false, beat_group, book.start(), dense, book.history(288 * days_before, 1000), false, false);
    phase(s, host, false, beat_group, dense, s.revoked, beats(dense, s.revoked), false, false);
    phase(s, host, false, scan_group, dense, s.revoked, scans(dense, s.revoked), false, true);
    // Refused until the host has asked for a fresh session.
    phase(s, host, false, victim ? s.refused : s.sibling_refused, s.revoked + 20, host.fresh_at - 5, 2, true, false);
    const std::int64_t end = book.end() - kMinute;
    phase(s, host, true, victim ? s.fresh : s.sibling_fresh, host.fresh_at + 5, end, beats(host.fresh_at, end), false,
          false);
    phase(s, host, true, victim ? s.fresh : s.sibling_fresh, host.fresh_at + 5, end, scans(host.fresh_at, end), false,
          true);
    for (std::int64_t when = host.rotation.issued_at(dense); when < s.revoked; when += host.rotation.life_s) {
      if (when > book.start()) assumed_by_ec2(s, s.origin, host, host.rotation.key_seed(when), when);
    }
  }
}

FindingRef finding(Scenes& s, const std::vector<Uuid>& calls) {
  const std::string principal = s.role.id + ":" + s.hosts[0].instance.id;
  FindingSpec spec;
  spec.account = kAccount;
  spec.region = kRegion;
  spec.seed = s.book.seed("story2 finding");
  spec.type = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS";
  spec.title =
      "Credentials for the EC2 instance role " + s.role.name + " were used from a remote AWS-external IP address.";
  spec.description = "Credentials created exclusively for the EC2 instance " + s.hosts[0].instance.id +
                     " using its instance role have been used from the external IP address " + std::string(kAttacker) +
                     ".";
  spec.severity = 8;
  spec.resource = {
      {"resourceType", "AccessKey"},
      {"accessKeyDetails", access_key_details(temporary_key_id(s.stolen_seed), principal, s.role.name, "AssumedRole")},
      {"instanceDetails", instance_details(s.book, kAccount, s.hosts[0].instance, s.role, "")}};
  spec.action = api_call_action("Scan", "dynamodb.amazonaws.com", kAttacker, {}, kAttackerAgent);
  const std::int64_t t = s.theft;
  return publish(
      s.book, spec,
      {{t + 480, t, t + 251, 7, [](Json& f) { f["service"]["action"]["awsApiCallAction"]["api"] = "CreateUser"; }},
       {t + 900, t, t + 560, 13},
       {s.revoked + 2100, t, s.revoked + 1440, 17}},
      calls);
}

}  // namespace

void tell_stolen_instance_credentials(StoryBook& book) {
  const Account& account = book.account(kAccount);
  Scenes s{book,
           account,
           make_role(book.seed("story2 role"), account.id, "web-app-instance-role"),
           {},
           book.end() - 20 * kHour + 41,
           0,
           book.seed("story2 stolen key"),
           account.tables[3],
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
  s.revoked = s.theft + 47 * kMinute;
  for (std::uint64_t i = 0; i < kInstances; ++i) {
    Host host;
    host.instance =
        make_instance(book.seed("story2 instance", i), account, kRegion, "prod-web-app-" + std::to_string(201 + i));
    host.rotation.seed = book.seed("story2 rotation", i);
    host.fresh_seed = book.seed("story2 fresh key", i);
    host.fresh_at = s.revoked + 3 * kMinute + static_cast<std::int64_t>(37 * i);
    s.hosts.push_back(std::move(host));
  }
  Truth& truth = book.truth();
  s.attack = truth.add_group(2, "attack");
  s.denied = truth.add_group(2, "attacker_denied_after_revocation");
  s.beats = truth.add_group(2, "instance_heartbeats");
  s.scans = truth.add_group(2, "instance_scans");
  s.refused = truth.add_group(2, "instance_refused");
  s.fresh = truth.add_group(2, "instance_fresh_session");
  s.siblings = truth.add_group(2, "sibling_heartbeats");
  s.sibling_scans = truth.add_group(2, "sibling_scans");
  s.sibling_refused = truth.add_group(2, "siblings_refused");
  s.sibling_fresh = truth.add_group(2, "sibling_fresh_sessions");
  s.origin = truth.add_group(2, "sessions_issued_by_ec2");
  s.command = truth.add_group(2, "command_sent");
  s.response = truth.add_group(2, "revocation");
  const std::vector<Uuid> calls = attack(s);
  respond(s);
  benign(s);
  const std::string victim = s.hosts[0].instance.id;
  const std::string principal = s.role.id + ":" + victim;
  Json siblings = Json::array();
  for (std::size_t i = 1; i < s.hosts.size(); ++i) siblings.push_back(s.hosts[i].instance.id);
  const std::vector<std::string> by_victim = {"attack",
                                              "attacker_denied_after_revocation",
                                              "instance_heartbeats",
                                              "instance_scans",
                                              "instance_refused",
                                              "instance_fresh_session"};
  std::vector<std::string> by_role = by_victim;
  for (const char* name : {"sibling_heartbeats", "sibling_scans", "siblings_refused", "sibling_fresh_sessions"})
    by_role.push_back(name);
  add_story(
      book, 2, "stolen_instance_credentials", "An instance's credentials used from outside, then revoked",
      {finding(s, calls)},
      {{"account_id", account.id},
       {"role", s.role.name},
       {"role_id", s.role.id},
       {"principal_id", principal},
       {"instance_id", victim},
       {"sibling_instance_ids", siblings},
       {"stolen_access_key", temporary_key_id(s.stolen_seed)},
       {"fresh_access_key", temporary_key_id(s.hosts[0].fresh_seed)},
       {"attacker_ips", {kAttacker}},
       {"table", s.table},
       {"attack_at", to_iso(s.theft)},
       {"revoked_at", to_iso(s.revoked)}},
      Json::array({every_event_with("userIdentity.principalId", principal, by_victim),
                   every_event_with("userIdentity.sessionContext.sessionIssuer.principalId", s.role.id, by_role),
                   every_event_with("userIdentity.accessKeyId", temporary_key_id(s.stolen_seed),
                                    {"attack", "attacker_denied_after_revocation"}),
                   every_event_with("sourceIPAddress", kAttacker, {"attack", "attacker_denied_after_revocation"})}));
}

}  // namespace backtrail::ingest::sample
