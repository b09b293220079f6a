// Story 3: an instance mines.
//
// An instance of a scaling group talks to an address on the threat list and asks for names of mining pools; the
// findings are updated four times with other addresses. The response isolates it in the forensic security group, takes
// it out of the scaling group and copies its disks; the group starts a new one. Two hundred port probes are the noise.
#include "ingest/sample/stories.hpp"

namespace backtrail::ingest::sample {
namespace {

constexpr int kAccount = kStagingWeb;
constexpr int kRegion = kEuWest1;
constexpr std::string_view kThreatAddress = "198.51.100.201";
constexpr std::string_view kPools[] = {"203.0.113.161", "203.0.113.172", "203.0.113.183", "203.0.113.194"};
constexpr std::string_view kPoolNames[] = {"xmr-eu1.pool.example.net", "xmr-eu2.pool.example.net",
                                           "stratum.mine.example.org", "xmr-asia1.pool.example.net"};
constexpr std::string_view kPublicIp = "100.66.77.18";

struct Scenes {
  StoryBook& book;
  const Account& account;
  Role role;
  Instance instance, replacement;
  Rotation rotation;
  std::string forensic_group, second_volume;
  std::int64_t began, isolated;
  int birth, beats, sessions, isolation, response, replaced;
};

Uuid at(Scenes& s, std::int64_t after, int group, const Actor& actor, Call call) {
  call.account = kAccount;
  call.region = kRegion;
  call.seconds = s.began + after;
  return s.book.call(group, actor, call);
}

Actor scaling_group(const Scenes& s, std::int64_t seconds) {
  RoleSession session{s.account.id, &s.account.roles[kRoleAutoScaling], "AutoScaling", {}, seconds};
  session.invoked_by = "autoscaling.amazonaws.com";
  return session_actor(session, "autoscaling.amazonaws.com", "autoscaling.amazonaws.com");
}

Call run_instance(const Scenes& s, const Instance& instance) {
  return {
      .api = "ec2:RunInstances",
      .request =
          R"({"instancesSet":{"items":[{"imageId":")" + instance.image +
          R"(","minCount":1,"maxCount":1}]},"instanceType":")" + instance.type + R"(","subnetId":")" + instance.subnet +
          R"(","clientToken":"fleet-2f0c7a44-6f2f-4e3b-9b0e-0f9d3b7a51c2-0","iamInstanceProfile":{"name":")" +
          s.role.name +
          R"("},"tagSpecificationSet":{"items":[{"resourceType":"instance","tags":[{"key":"aws:autoscaling:groupName","value":"staging-web-workers"}]}]}})",
      .response =
          R"({"reservationId":"r-0b1d3f5a7c9e2468a","ownerId":")" + s.account.id +
          R"(","groupSet":{},"instancesSet":{"items":[{"instanceId":")" + instance.id + R"(","imageId":")" +
          instance.image + R"(","instanceState":{"code":0,"name":"pending"},"instanceType":")" + instance.type +
          R"(","placement":{"availabilityZone":")" + instance.zone + R"(","tenancy":"default"},"subnetId":")" +
          instance.subnet + R"(","vpcId":")" + instance.vpc + R"(","privateIpAddress":")" + instance.private_ip +
          R"(","architecture":"x86_64","rootDeviceType":"ebs","networkInterfaceSet":{"items":[{"networkInterfaceId":")" +
          instance.network_interface + R"("}]}}]},"requesterId":"940372691376"})"};
}

void answer(Scenes& s) {
  const Actor robot = responder(s.book, kAccount, s.isolated, "respond-instance-quarantine");
  const std::int64_t t = s.isolated - s.began;
  const std::string id = s.instance.id;
  const std::string ok = R"({"_return":true})";
  const auto snapshot = [&](std::int64_t after, const std::string& volume, std::string_view number) {
    at(s, after, s.response, robot,
       {.api = "ec2:CreateSnapshot",
        .request = R"({"volumeId":")" + volume + R"(","description":"forensic copy of )" + id + R"("})",
        .response = R"({"snapshotId":"snap-0f0e0d0c0b0a0908)" + std::string(number) + R"(","volumeId":")" + volume +
                    R"(","status":"pending","ownerId":")" + s.account.id +
                    R"(","volumeSize":"30","description":"forensic copy of )" + id + R"(","encrypted":true})"});
  };
  at(s, t - 6, s.response, robot,
     {.api = "ec2:DescribeInstances",
      .request = R"({"instancesSet":{"items":[{"instanceId":")" + id + R"("}]},"filterSet":{}})"});
  at(s, t, s.isolation, robot,
     {.api = "ec2:ModifyNetworkInterfaceAttribute",
      .request = R"({"networkInterfaceId":")" + s.instance.network_interface +
                 R"(","groupSet":{"items":[{"groupId":")" + s.forensic_group + R"("}]}})",
      .response = ok});
  at(s, t + 4, s.response, robot,
     {.api = "ec2:CreateTags",
      .request = R"({"resourcesSet":{"items":[{"resourceId":")" + id +
                 R"("}]},"tagSet":{"items":[{"key":"quarantine","value":"true"}]}})",
      .response = ok});
  at(s, t + 9, s.response, robot,
     {.api = "autoscaling:DetachInstances",
      .request = R"({"autoScalingGroupName":"staging-web-workers","instanceIds":[")" + id +
                 R"("],"shouldDecrementDesiredCapacity":false})"});
  snapshot(t + 15, s.instance.volume, "a");
  snapshot(t + 17, s.second_volume, "b");
  at(s, t + 71, s.replaced, scaling_group(s, s.isolated + 71), run_instance(s, s.replacement));
}

void benign(Scenes& s) {
  StoryBook& book = s.book;
  const std::int64_t born = std::max(book.start() + kHour, book.end() - 20 * kDay);
  at(s, born - s.began, s.birth, scaling_group(s, born), run_instance(s, s.instance));
  const auto shared = std::make_shared<const Scenes>(s);
  Paced paced;
  paced.account = kAccount;
  paced.region = kRegion;
  paced.group = s.beats;
  paced.calls = book.calls({"ssm:UpdateInstanceInformation"});
  paced.caller = [shared](Plan& plan, std::int64_t when) {
    Burst burst =
        actor_burst(plan, instance_actor(shared->book, kAccount, kRegion, shared->instance, shared->role,
                                         shared->rotation.key_seed(when), shared->rotation.issued_at(when), kSsmAgent));
    burst.instance = &shared->instance;
    return burst;
  };
  Paced before = paced;
  before.from = born + 5 * kMinute;
  before.to = book.dense_from();
  before.count =
      before.to > before.from ? book.history(static_cast<std::uint64_t>((before.to - before.from) / 300), 500) : 0;
  book.stream(before);
  paced.from = std::max(book.dense_from(), born + 5 * kMinute);
  paced.to = s.isolated - 30;
  const auto full = static_cast<std::uint64_t>(std::max<std::int64_t>(0, paced.to - paced.from) / 300);
  paced.count = book.scaled(full, full / 4, 200'000);
  book.stream(paced);
  for (std::int64_t when = s.rotation.issued_at(paced.from); when < s.isolated; when += s.rotation.life_s) {
    Call call{.api = "sts:AssumeRole"};
    call.role = &s.role;
    call.session = s.instance.id;
    call.issued_seed = s.rotation.key_seed(when);
    if (when > born) at(s, when - s.began, s.sessions, service_actor("ec2.amazonaws.com"), call);
  }
}

std::vector<FindingRef> findings(Scenes& s) {
  const Json resource = {{"resourceType", "Instance"},
                         {"instanceDetails", instance_details(s.book, kAccount, s.instance, s.role, kPublicIp)}};
  FindingSpec spec;
  spec.account = kAccount;
  spec.region = kRegion;
  spec.resource = resource;
  const std::int64_t t = s.began;
  std::vector<FindingRef> refs;

  spec.seed = s.book.seed("story3 threat list");
  spec.type = "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom";
  spec.title = "EC2 instance " + s.instance.id + " is communicating with an IP address on a custom threat list.";
  spec.description = "EC2 instance " + s.instance.id + " is communicating with IP address " +
                     std::string(kThreatAddress) + " on the custom threat list org-threat-list.";
  spec.severity = 5;
  spec.action = connection_action(kThreatAddress, 4444, s.instance.private_ip, 51022, "OUTBOUND");
  spec.additional = {{"threatListName", "org-threat-list"}};
  spec.service_extra = {{"evidence", threat_list_evidence("org-threat-list")}};
  refs.push_back(publish(s.book, spec, {{t + 600, t, t + 240, 2}, {t + 1500, t, t + 1290, 6}}));

  const auto states = [&](const std::function<void(Json&, std::size_t)>& change) {
    std::vector<FindingState> list;
    for (std::size_t i = 0; i < 4; ++i) {
      const auto n = static_cast<std::int64_t>(i);
      list.push_back({t + 900 + n * 1800, t + 310, t + 700 + n * 1750, static_cast<int>(3 + 11 * i),
                      [change, i](Json& finding) { change(finding, i); }});
    }
    return list;
  };
  spec.seed = s.book.seed("story3 mining names");
  spec.type = "CryptoCurrency:EC2/BitcoinTool.B!DNS";
  spec.title = "Bitcoin-related domain name queried by EC2 instance " + s.instance.id + ".";
  spec.description =
      "EC2 instance " + s.instance.id + " is querying a domain name that is associated with Bitcoin-related activity.";
  spec.severity = 8;
  spec.action = {{"actionType", "DNS_REQUEST"},
                 {"dnsRequestAction",
                  {{"domain", std::string(kPoolNames[0])},
                   {"protocol", "UDP"},
                   {"blocked", false},
                   {"domainWithSuffix", "example.net"}}}};
  spec.additional = {{"threatListName", "ProofPoint"}, {"domain", std::string(kPoolNames[0])}};
  spec.service_extra = {{"evidence", threat_list_evidence("ProofPoint")}};
  refs.push_back(publish(s.book, spec, states([](Json& finding, std::size_t i) {
                           finding["service"]["action"]["dnsRequestAction"]["domain"] = std::string(kPoolNames[i]);
                           finding["service"]["additionalInfo"]["domain"] = std::string(kPoolNames[i]);
                           // The instance has no fixed public address: each update sees another one.
                           finding["resource"]["instanceDetails"]["networkInterfaces"][0]["publicIp"] =
                               "100.66.77." + std::to_string(18 + i);
                         })));

  spec.seed = s.book.seed("story3 mining addresses");
  spec.type = "CryptoCurrency:EC2/BitcoinTool.B";
  spec.title = "EC2 instance " + s.instance.id + " is communicating outbound with a known Bitcoin-related IP address.";
  spec.description =
      "EC2 instance " + s.instance.id + " is communicating outbound with a known Bitcoin-related IP address.";
  spec.action = connection_action(kPools[0], 3333, s.instance.private_ip, 49822, "OUTBOUND");
  spec.additional = Json::object();
  refs.push_back(publish(s.book, spec, states([](Json& finding, std::size_t i) {
                           finding["service"]["action"]["networkConnectionAction"]["remoteIpDetails"] =
                               remote_ip(kPools[i]);
                         })));
  return refs;
}

}  // namespace

void tell_mining_instance(StoryBook& book) {
  const Account& account = book.account(kAccount);
  Scenes s{book,
           account,
           make_role(book.seed("story3 role"), account.id, "staging-worker-role"),
           make_instance(book.seed("story3 instance"), account, kRegion, "staging-web-worker-31"),
           make_instance(book.seed("story3 replacement"), account, kRegion, "staging-web-worker-57"),
           {},
           resource_id("sg", book.seed("story3 forensic group")),
           resource_id("vol", book.seed("story3 second volume")),
           book.end() - 31 * kHour + 5,
           0,
           0,
           0,
           0,
           0,
           0,
           0};
  s.isolated = s.began + 2 * kHour + 4 * kMinute;
  s.rotation.seed = book.seed("story3 rotation");
  Truth& truth = book.truth();
  s.birth = truth.add_group(3, "started");
  s.beats = truth.add_group(3, "heartbeats");
  s.sessions = truth.add_group(3, "sessions_issued_by_ec2");
  s.isolation = truth.add_group(3, "isolation");
  s.response = truth.add_group(3, "response");
  s.replaced = truth.add_group(3, "replacement");
  answer(s);
  benign(s);
  Json pools = Json::array();
  for (const auto pool : kPools) pools.push_back(std::string(pool));
  add_story(book, 3, "mining_instance", "An instance that mines, isolated and replaced", findings(s),
            {{"account_id", account.id},
             {"instance_id", s.instance.id},
             {"network_interface", s.instance.network_interface},
             {"volumes", {s.instance.volume, s.second_volume}},
             {"forensic_security_group", s.forensic_group},
             {"replacement_instance_id", s.replacement.id},
             {"principal_id", s.role.id + ":" + s.instance.id},
             {"threat_list_ip", kThreatAddress},
             {"pool_ips", pools},
             {"began_at", to_iso(s.began)},
             {"isolated_at", to_iso(s.isolated)}},
            Json::array({every_event_with("userIdentity.principalId", s.role.id + ":" + s.instance.id, {"heartbeats"}),
                         every_event_with("text", s.instance.id,
                                          {"started", "heartbeats", "sessions_issued_by_ec2", "response"}),
                         every_event_with("text", s.instance.network_interface, {"started", "isolation"}),
                         every_event_with("text", s.forensic_group, {"isolation"}),
                         every_event_with("text", s.replacement.id, {"replacement"})}));
}

}  // namespace backtrail::ingest::sample
