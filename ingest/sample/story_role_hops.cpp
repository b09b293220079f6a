// Story 4: five role hops over four accounts.
//
// The sign-in token of a developer is used from a network that nobody of the organisation ever used. From her session
// somebody goes through the roles that the pipelines use, three hundred hops an hour, into production and the log
// archive: tries to stop a trail, narrows what it records, archives findings by a filter, shares a snapshot with an
// account outside. One event comes nine hours late, and one hop is only seen from one side.
#include "ingest/sample/stories.hpp"

namespace backtrail::ingest::sample {
namespace {

constexpr std::string_view kAttacker = "203.0.113.140";
constexpr std::string_view kAttackerAgent =
    "aws-cli/2.15.17 Python/3.11.6 Linux/6.1.0-18-cloud-amd64 exe/x86_64.debian.12 prompt/off command/sts.assume-role";
constexpr std::string_view kPipelineAgent =
    "aws-cli/2.15.28 Python/3.11.8 Linux/4.14.334-252.552.amzn2.x86_64 exec-env/AWS_ECS_EC2 exe/x86_64.amzn.2023 "
    "prompt/off command/sts.assume-role";
constexpr std::string_view kDana = "dana.whitfield@example.com";
constexpr std::string_view kDanaId = "e4c8f4a0-3011-70a5-8d1c-5b0c2f9a7d36";
constexpr std::string_view kOutsideAccount = "999999999999";
constexpr int kRegion = kUsEast1;
constexpr int kLateHours = 9;

enum RoleIndex { kSso, kDevAutomation, kPipeline, kDeploy, kBreakGlass, kTrailAdmin, kRoles };
constexpr int kAccountOf[kRoles] = {kDevWeb, kDevWeb, kSharedServices, kProdPayments, kProdPayments, kLogArchive};
constexpr std::string_view kGroupOf[kRoles] = {"sso_session", "dev_automation", "pipeline_role",
                                               "deploy_role", "break_glass",    "trail_admin"};

// Which roles the pipelines go through, and which calls they make when they have arrived.
struct Edge {
  RoleIndex from, to;
  std::uint64_t per_mille;
  std::string_view call;
};
constexpr Edge kEdges[] = {{kPipeline, kDeploy, 620, "ecs:DescribeServices"},
                           {kDevAutomation, kPipeline, 330, "codepipeline:GetPipelineState"},
                           {kPipeline, kTrailAdmin, 50, "cloudtrail:GetTrailStatus"}};

struct Shared {
  StoryBook* book = nullptr;
  Role roles[kRoles];
  int pipeline_groups[kRoles] = {};
  int arrivals = 0;
};

RoleSession session_of(const Shared& shared, RoleIndex role, std::string_view name, std::string_view key,
                       std::int64_t issued) {
  return {shared.book->account(kAccountOf[role]).id, &shared.roles[role], name, key, issued};
}

// Three events a hop: seen by the caller's account, seen by the account of the role, and one call with the new key.
class PipelineHops : public Stream {
 public:
  PipelineHops(std::shared_ptr<const Shared> shared, std::int64_t from, std::int64_t to, std::uint64_t hops,
               std::uint64_t seed)
      : shared_(std::move(shared)), from_(from), to_(to), hops_(hops), seed_(seed) {
    assume_ = shared_->book->calls({"sts:AssumeRole"})[0];
    for (const Edge& edge : kEdges) calls_.push_back(shared_->book->calls({edge.call})[0]);
  }

  [[nodiscard]] std::uint64_t total() const override { return 3 * hops_; }

  void plan(Plan& plan) const override {
    const Unit& unit = plan.unit();
    if (unit.region != kRegion || unit.end <= from_ || unit.begin >= to_ || !concerns(unit.account_index)) return;
    const auto span = static_cast<std::uint64_t>(to_ - from_);
    const std::int64_t offset = std::max<std::int64_t>(0, unit.begin - from_);
    auto hop = static_cast<std::uint64_t>(static_cast<Uint128>(static_cast<std::uint64_t>(offset)) * hops_ / span);
    for (hop = hop < 1 ? 0 : hop - 1; hop < hops_ && time_of(hop) < unit.end; ++hop) {
      if (time_of(hop) >= unit.begin) plan_hop(plan, hop);
    }
  }

 private:
  [[nodiscard]] std::int64_t time_of(std::uint64_t hop) const {
    return from_ +
           static_cast<std::int64_t>(static_cast<Uint128>(static_cast<std::uint64_t>(to_ - from_)) * hop / hops_);
  }

  [[nodiscard]] static bool concerns(int account) {
    for (const int of : kAccountOf) {
      if (of == account) return true;
    }
    return false;
  }

  [[nodiscard]] std::size_t edge_of(std::uint64_t hop) const {
    std::uint64_t draw = mix(seed_, hop, 1) % 1000;
    for (std::size_t i = 0; i < std::size(kEdges); ++i) {
      if (draw < kEdges[i].per_mille) return i;
      draw -= kEdges[i].per_mille;
    }
    return 0;
  }

  void plan_hop(Plan& plan, std::uint64_t hop) const {
    const std::size_t number = edge_of(hop);
    const Edge& edge = kEdges[number];
    const int account = plan.unit().account_index;
    const bool leaves = account == kAccountOf[edge.from];
    const bool arrives = account == kAccountOf[edge.to];
    if (!leaves && !arrives) return;
    const std::uint64_t seed = mix(seed_, hop, 2);
    const std::int64_t when = time_of(hop);
    const std::string build = "build-" + hex_id(mix(seed, 1), 12);
    const std::string key = temporary_key_id(mix(seed, 2));
    const RoleSession caller = session_of(*shared_, edge.from, build, key, when - 40);
    const std::string_view ip = shared_->book->account(kAccountOf[edge.from]).gateway_ips[kRegion];
    Actor actor = leaves ? session_actor(caller, ip, kPipelineAgent)
                         : foreign_actor(caller.account_id, caller.role->id + ":" + build, ip, kPipelineAgent);
    Burst burst = actor_burst(plan, actor);
    burst.seed = mix(seed, 3);
    burst.sticky = 1;
    burst.shared_seed = mix(seed, 4) | 1;
    burst.issued_seed = mix(seed, 5);
    burst.role = &shared_->roles[edge.to];
    burst.session = plan.keep(build);
    burst.group = leaves ? shared_->pipeline_groups[edge.from] : shared_->arrivals;
    plan.add(plan.add(burst), when, assume_, 0);
    if (!arrives) return;
    const std::string issued = temporary_key_id(mix(seed, 5));
    Burst work =
        actor_burst(plan, session_actor(session_of(*shared_, edge.to, build, issued, when), ip, kPipelineAgent));
    work.seed = mix(seed, 6);
    work.sticky = work.seed | 1;
    work.group = shared_->pipeline_groups[edge.to];
    plan.add(plan.add(work), when + 2 + static_cast<std::int64_t>(seed % 9), calls_[number], 0);
  }

  std::shared_ptr<const Shared> shared_;
  std::int64_t from_, to_;
  std::uint64_t hops_, seed_;
  ApiIndex assume_ = 0;
  std::vector<ApiIndex> calls_;
};

struct Scenes {
  StoryBook& book;
  std::shared_ptr<Shared> shared;
  std::int64_t began;
  std::uint64_t keys[kRoles];
  std::string sessions[kRoles];
  std::int64_t issued[kRoles];
  int attack_groups[kRoles];
  int attack_arrivals, origin, own_work;
  std::string snapshot;
  Json late, missing;
};

std::string principal(const Scenes& s, RoleIndex role) {
  return s.shared->roles[role].id + ":" + s.sessions[role];
}
std::string key(const Scenes& s, RoleIndex role) {
  return temporary_key_id(s.keys[role]);
}

Actor attacker(const Scenes& s, RoleIndex role) {
  const std::string access_key = key(s, role);
  RoleSession session = session_of(*s.shared, role, s.sessions[role], access_key, s.issued[role]);
  if (role == kSso) session.on_behalf_of = kDanaId;
  return session_actor(session, kAttacker, kAttackerAgent);
}

Uuid act(Scenes& s, RoleIndex as, std::int64_t after, Call call) {
  call.account = kAccountOf[as];
  call.region = kRegion;
  call.seconds = s.began + after;
  return s.book.call(s.attack_groups[as], attacker(s, as), call);
}

// One hop. Cross-account hops are recorded on both sides, unless the caller's side is missing.
std::vector<Uuid> hop(Scenes& s, RoleIndex from, RoleIndex to, std::int64_t after, bool late, bool twin_missing) {
  s.issued[to] = s.began + after;
  Call call{.api = "sts:AssumeRole", .region = kRegion, .seconds = s.began + after};
  call.role = &s.shared->roles[to];
  call.session = s.sessions[to];
  call.issued_seed = s.keys[to];
  std::vector<Uuid> events;
  if (kAccountOf[from] == kAccountOf[to]) {
    events.push_back(act(s, from, after, call));
    return events;
  }
  call.shared_seed = s.book.seed("story4 hop", static_cast<std::uint64_t>(to)) | 1;
  const Uuid shared_id = make_uuid(mix(call.shared_seed, 12), mix(mix(call.shared_seed, 12)));
  if (!twin_missing) events.push_back(act(s, from, after, call));
  Call arrival = call;
  arrival.account = kAccountOf[to];
  if (late) arrival.delivered = s.began + after + kLateHours * kHour;
  const Actor foreign =
      foreign_actor(s.book.account(kAccountOf[from]).id, principal(s, from), kAttacker, kAttackerAgent);
  events.push_back(s.book.call(s.attack_arrivals, foreign, arrival));
  if (late) s.late = {{"event_id", to_text(events.back())}, {"delivered_after", to_iso(arrival.delivered)}};
  if (twin_missing) {
    s.missing = {{"shared_event_id", to_text(shared_id)},
                 {"present_event_id", to_text(events.back())},
                 {"missing_in_account", s.book.account(kAccountOf[from]).id}};
  }
  return events;
}

void origin(Scenes& s) {
  const Account& management = s.book.account(kManagement);
  Actor portal;
  Text identity;
  put_identity_center_user(management.id, kDanaId, hex_id(s.book.seed("dana token"), 32), identity);
  portal.identity = std::string(identity.view());
  portal.ip = std::string(kAttacker);
  portal.agent = std::string(kAttackerAgent);
  s.book.call(s.origin, portal,
              {.api = "sso:GetRoleCredentials",
               .account = kManagement,
               .region = kRegion,
               .seconds = s.began - 31,
               .request = R"({"role_name":"DeveloperAccess","account_id":")" + s.book.account(kDevWeb).id + R"("})"});
  Text saml;
  put_saml_user("6d1F0kq2Zc4Tn8bYw3eXhV5u7sA=:" + std::string(kDana), kDana, saml);
  Actor issuer = portal;
  issuer.identity = std::string(saml.view());
  Call call{.api = "sts:AssumeRoleWithSAML", .account = kDevWeb, .region = kRegion, .seconds = s.began - 30};
  call.role = &s.shared->roles[kSso];
  call.session = std::string(kDana);
  call.issued_seed = s.keys[kSso];
  s.book.call(s.origin, issuer, call);
}

struct AttackCalls {
  std::vector<Uuid> by_sso;
  Uuid policy;
};

AttackCalls attack(Scenes& s) {
  AttackCalls calls;
  s.issued[kSso] = s.began - 30;
  origin(s);
  const Account& production = s.book.account(kProdPayments);
  const std::string trail = "log-archive-trail";
  calls.by_sso.push_back(act(s, kSso, 0, {.api = "sts:GetCallerIdentity"}));
  calls.by_sso.push_back(act(s, kSso, 44, {.api = "iam:ListRoles"}));
  for (const Uuid& id : hop(s, kSso, kDevAutomation, 120, false, false)) calls.by_sso.push_back(id);
  act(s, kDevAutomation, 131, {.api = "sts:GetCallerIdentity"});
  hop(s, kDevAutomation, kPipeline, 202, false, false);
  act(s, kPipeline, 214, {.api = "sts:GetCallerIdentity"});
  act(s, kPipeline, 260, {.api = "codepipeline:ListPipelines"});
  hop(s, kPipeline, kDeploy, 371, true, false);
  act(s, kDeploy, 380, {.api = "sts:GetCallerIdentity"});
  hop(s, kDeploy, kBreakGlass, 477, false, false);
  act(s, kBreakGlass, 490, {.api = "sts:GetCallerIdentity"});
  act(s, kBreakGlass, 560, {.api = "guardduty:ListDetectors"});
  act(s, kBreakGlass, 601,
      {.api = "guardduty:CreateFilter",
       .request =
           R"({"detectorId":")" + production.detectors[kRegion] +
           R"(","name":"suppress-noise","action":"ARCHIVE","rank":1,"findingCriteria":{"criterion":{"severity":{"gte":1}}},"clientToken":"7e0a6f3e-3a1b-4b0e-9a7c-1d5a8c2f4b60"})",
       .response = R"({"name":"suppress-noise"})"});
  act(s, kBreakGlass, 660, {.api = "ec2:DescribeSnapshots"});
  act(s, kBreakGlass, 724,
      {.api = "ec2:ModifySnapshotAttribute",
       .request =
           R"({"snapshotId":")" + s.snapshot +
           R"(","attributeType":"CREATE_VOLUME_PERMISSION","createVolumePermission":{"add":{"items":[{"userId":")" +
           std::string(kOutsideAccount) + R"("}]}}})",
       .response = R"({"_return":true})"});
  calls.policy = act(
      s, kBreakGlass, 790,
      {.api = "s3:DeleteAccountPublicAccessBlock",
       .request = R"({"publicAccessBlock":"","Host":")" + production.id + R"(.s3-control.us-east-1.amazonaws.com"})"});
  hop(s, kBreakGlass, kTrailAdmin, 905, false, true);
  act(s, kTrailAdmin, 917, {.api = "sts:GetCallerIdentity"});
  act(s, kTrailAdmin, 961, {.api = "cloudtrail:DescribeTrails"});
  act(s, kTrailAdmin, 1010,
      {.api = "cloudtrail:StopLogging", .request = R"({"name":")" + trail + R"("})", .denied = true});
  act(s, kTrailAdmin, 1063,
      {.api = "cloudtrail:PutEventSelectors",
       .request =
           R"({"trailName":")" + trail +
           R"(","eventSelectors":[{"readWriteType":"ReadOnly","includeManagementEvents":false,"dataResources":[],"excludeManagementEventSources":[]}]})",
       .response =
           R"({"trailARN":"arn:aws:cloudtrail:us-east-1:)" + s.book.account(kLogArchive).id + ":trail/" + trail +
           R"(","eventSelectors":[{"readWriteType":"ReadOnly","includeManagementEvents":false,"dataResources":[],"excludeManagementEventSources":[]}]})"});
  return calls;
}

// What the developer herself did on the days before, from the office.
void own_work(Scenes& s) {
  static constexpr std::string_view kCalls[] = {"ecs:DescribeServices",          "logs:DescribeLogGroups",
                                                "logs:FilterLogEvents",          "lambda:GetFunction20150331v2",
                                                "cloudformation:DescribeStacks", "ec2:DescribeInstances"};
  for (std::int64_t day = 1; day <= 10; ++day) {
    const std::int64_t morning = floor_to(s.book.end(), kDay) - day * kDay + 9 * kHour;
    if (morning <= s.book.start()) break;
    const std::string access_key = temporary_key_id(s.book.seed("dana day", static_cast<std::uint64_t>(day)));
    RoleSession session = session_of(*s.shared, kSso, kDana, access_key, morning);
    session.mfa = true;
    session.on_behalf_of = kDanaId;
    Actor actor = session_actor(session, "192.0.2.17",
                                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like "
                                "Gecko) Chrome/124.0.0.0 Safari/537.36");
    actor.console = true;
    Rng rng(s.book.seed("dana", static_cast<std::uint64_t>(day)));
    std::int64_t when = morning + 60;
    for (int i = 0; i < 8; ++i) {
      when += rng.between(2, 2400);
      s.book.call(
          s.own_work, actor,
          {.api = kCalls[rng.below(std::size(kCalls))], .account = kDevWeb, .region = kRegion, .seconds = when});
    }
  }
}

std::vector<FindingRef> findings(Scenes& s, const AttackCalls& calls) {
  const std::int64_t t = s.began;
  FindingSpec asn;
  asn.account = kDevWeb;
  asn.region = kRegion;
  asn.seed = s.book.seed("story4 network");
  asn.type = "UnauthorizedAccess:IAMUser/UnusualASNCaller";
  asn.title = "Unusual network that " + std::string(kDana) + " never used was seen calling AssumeRole.";
  asn.description = "API AssumeRole was invoked by " + std::string(kDana) +
                    " from a remote host in a network that was never seen for this principal.";
  asn.severity = 5;
  asn.resource = {{"resourceType", "AccessKey"},
                  {"accessKeyDetails",
                   access_key_details(key(s, kSso), principal(s, kSso), s.shared->roles[kSso].name, "AssumedRole")}};
  asn.action = api_call_action("AssumeRole", "sts.amazonaws.com", kAttacker);
  asn.additional = {{"unusual", {{"asns", {"64501"}}}}, {"recentCredentials", Json::array()}};
  FindingSpec policy;
  policy.account = kProdPayments;
  policy.region = kRegion;
  policy.seed = s.book.seed("story4 policy");
  policy.type = "Policy:S3/AccountBlockPublicAccessDisabled";
  policy.title = "Amazon S3 Block Public Access was disabled for an account.";
  policy.description = "Amazon S3 Block Public Access was disabled for account " + s.book.account(kProdPayments).id +
                       " by " + s.shared->roles[kBreakGlass].name + ".";
  policy.severity = 2;
  policy.resource = {{"resourceType", "AccessKey"},
                     {"accessKeyDetails", access_key_details(key(s, kBreakGlass), principal(s, kBreakGlass),
                                                             s.shared->roles[kBreakGlass].name, "AssumedRole")}};
  policy.action = api_call_action("DeleteAccountPublicAccessBlock", "s3.amazonaws.com", kAttacker);
  return {publish(s.book, asn, {{t + 700, t, t + 120, 3}}, calls.by_sso),
          publish(s.book, policy, {{t + 1300, t + 790, t + 790, 1}}, {calls.policy})};
}

}  // namespace

void tell_role_hops(StoryBook& book) {
  const auto shared = std::make_shared<Shared>();
  shared->book = &book;
  shared->roles[kSso] = book.account(kDevWeb).roles[kRoleSsoDeveloper];
  static constexpr std::string_view kNames[kRoles] = {"",           "DevAutomationRole", "PipelineRole",
                                                      "DeployRole", "BreakGlassAdmin",   "TrailAdminRole"};
  for (int i = 1; i < kRoles; ++i) {
    shared->roles[i] =
        make_role(book.seed("story4 role", static_cast<std::uint64_t>(i)), book.account(kAccountOf[i]).id, kNames[i]);
  }
  Scenes s{
      book,
      shared,
      book.end() - 14 * kHour + 23,
      {},
      {std::string(kDana), "automation", "build-5f0e9c27ab41", "build-5f0e9c27ab41", "deploy-check", "trail-health"},
      {},
      {},
      0,
      0,
      0,
      resource_id("snap", book.seed("story4 snapshot")),
      {},
      {}};
  Truth& truth = book.truth();
  for (int i = 0; i < kRoles; ++i) {
    s.keys[i] = book.seed("story4 key", static_cast<std::uint64_t>(i));
    s.attack_groups[i] = truth.add_group(4, "attack_by_" + std::string(kGroupOf[i]));
    if (i != kSso && i != kBreakGlass)
      shared->pipeline_groups[i] = truth.add_group(4, "pipeline_by_" + std::string(kGroupOf[i]));
  }
  s.attack_arrivals = truth.add_group(4, "attack_arrivals");
  shared->arrivals = truth.add_group(4, "pipeline_arrivals");
  s.origin = truth.add_group(4, "origin");
  s.own_work = truth.add_group(4, "sso_user_own_work");
  const AttackCalls calls = attack(s);
  own_work(s);
  const std::int64_t end = book.end() - kMinute;
  const std::uint64_t dense = book.scaled(300 * 36, 72);
  book.stream(std::make_unique<PipelineHops>(shared, book.dense_from(), end, dense, book.seed("story4 hops")));
  const auto hours_before =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, book.dense_from() - book.start()) / kHour);
  const std::uint64_t before = book.history(300 * hours_before, 300);
  if (before > 0) {
    book.stream(std::make_unique<PipelineHops>(shared, book.start(), book.dense_from(), before,
                                               book.seed("story4 earlier hops")));
  }
  Json roles = Json::array();
  Json complete = Json::array();
  std::vector<std::string> all_attack = {"attack_arrivals", "origin"};
  for (int i = 0; i < kRoles; ++i) {
    const auto role = static_cast<RoleIndex>(i);
    const std::string name(kGroupOf[i]);
    all_attack.push_back("attack_by_" + name);
    roles.push_back({{"account_id", book.account(kAccountOf[i]).id},
                     {"role", shared->roles[i].name},
                     {"role_id", shared->roles[i].id},
                     {"principal_id", principal(s, role)},
                     {"access_key", key(s, role)}});
    complete.push_back(every_event_with("userIdentity.accessKeyId", key(s, role), {"attack_by_" + name}));
    if (role == kSso) continue;
    std::vector<std::string> groups = {"attack_by_" + name};
    if (role != kBreakGlass) groups.push_back("pipeline_by_" + name);
    complete.push_back(
        every_event_with("userIdentity.sessionContext.sessionIssuer.principalId", shared->roles[i].id, groups));
  }
  complete.push_back(
      every_event_with("userIdentity.principalId", principal(s, kSso), {"attack_by_sso_session", "sso_user_own_work"}));
  complete.push_back(every_event_with("sourceIPAddress", kAttacker, all_attack));
  const std::vector<FindingRef> refs = findings(s, calls);
  add_story(book, 4, "role_hops", "Five role hops over four accounts, from a developer's sign-in to the log archive",
            refs,
            {{"sso_user", kDana},
             {"chain", roles},
             {"attacker_ips", {kAttacker}},
             {"outside_account", kOutsideAccount},
             {"snapshot_id", s.snapshot},
             {"late_event", s.late},
             {"missing_twin", s.missing},
             {"attack_at", to_iso(s.began)}},
            complete);
}

}  // namespace backtrail::ingest::sample
