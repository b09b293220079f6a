// A false positive: an administrator who travels.
//
// He works from the office, flies, and signs in from an airport, a hotel and a customer's network within two days, each
// time with his second factor and each time doing what he always does. GuardDuty calls it a worldwide login.
#include "ingest/sample/stories.hpp"

namespace backtrail::ingest::sample {
namespace {

constexpr int kAccount = kNetwork;
constexpr int kRegion = kUsEast1;
constexpr std::string_view kName = "marcus.oyelaran@example.com";
constexpr std::string_view kBrowser =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 "
    "Safari/605.1.15";

struct Stop {
  std::int64_t before_end_s;
  std::string_view address;
};
constexpr Stop kStops[] = {{46 * kHour, "192.0.2.17"},
                           {31 * kHour, "100.110.4.8"},
                           {22 * kHour, "100.119.77.140"},
                           {5 * kHour, "100.122.9.61"}};

}  // namespace

void tell_travelling_administrator(StoryBook& book) {
  static constexpr std::string_view kWork[] = {"ec2:DescribeVpcs",
                                               "ec2:DescribeRouteTables",
                                               "ec2:DescribeNatGateways",
                                               "ec2:DescribeVpcEndpoints",
                                               "elasticloadbalancing:DescribeLoadBalancers",
                                               "ec2:DescribeFlowLogs",
                                               "iam:GetRole"};
  const Account& account = book.account(kAccount);
  const Role& role = account.roles[kRoleSsoAdministrator];
  const int logins = book.truth().add_group(kTravelStory, "logins");
  const int work = book.truth().add_group(kTravelStory, "work");
  std::vector<Uuid> calls;
  std::int64_t first = 0;
  std::int64_t last = 0;
  for (const Stop& stop : kStops) {
    const std::int64_t arrived = book.end() - stop.before_end_s + 29;
    if (arrived <= book.start()) continue;
    const std::string key = temporary_key_id(book.seed("travel", static_cast<std::uint64_t>(stop.before_end_s)));
    RoleSession session{account.id, &role, kName, {}, arrived, true};
    calls.push_back(
        book.call(logins, session_actor(session, stop.address, kBrowser),
                  {.api = "signin:ConsoleLogin", .account = kAccount, .region = kRegion, .seconds = arrived}));
    if (first == 0) first = arrived;
    last = arrived;
    session.key = key;
    Actor actor = session_actor(session, stop.address, kBrowser);
    actor.console = true;
    Rng rng(book.seed("travel work", static_cast<std::uint64_t>(stop.before_end_s)));
    std::int64_t when = arrived + 4;
    for (int i = 0; i < 14; ++i) {
      when += rng.between(1, 180);
      book.call(work, actor,
                {.api = kWork[rng.below(std::size(kWork))], .account = kAccount, .region = kRegion, .seconds = when});
    }
  }
  const std::string principal = role.id + ":" + std::string(kName);
  FindingSpec spec;
  spec.account = kAccount;
  spec.region = kRegion;
  spec.seed = book.seed("travel finding");
  spec.type = "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B";
  spec.title = "Multiple worldwide successful console logins were observed for " + role.name + ".";
  spec.description =
      "Multiple worldwide successful console logins were observed in a short time for " + std::string(kName) + ".";
  spec.severity = 5;
  spec.resource = {{"resourceType", "AccessKey"},
                   {"accessKeyDetails", access_key_details("", principal, role.name, "AssumedRole")}};
  spec.action = api_call_action("ConsoleLogin", "signin.amazonaws.com", kStops[3].address);
  const FindingRef finding = publish(
      book, spec,
      {{last - 12 * kHour, first, last - 17 * kHour, 3,
        [](Json& f) { f["service"]["action"]["awsApiCallAction"]["remoteIpDetails"] = remote_ip(kStops[2].address); }},
       {last + 1200, first, last, 4}},
      calls);
  add_story(book, kTravelStory, "travelling_administrator", "A travelling administrator: a false positive", {finding},
            {{"account_id", account.id}, {"principal_id", principal}, {"false_positive", true}},
            Json::array({every_event_with("userIdentity.principalId", principal, {"logins", "work"})}));
}

}  // namespace backtrail::ingest::sample
