// A random organisation: records in which few entities meet often, with names that filters could take for patterns.
#pragma once
#include <fmt/format.h>
#include <random>
#include <string>
#include <vector>

#include "tests/db/event_seed.hpp"

namespace backtrail::testing {

inline const std::string kWeb = "111122223333", kAudit = "444455556666", kOther = "777788889999";

inline std::string id_of(int n) {
  return fmt::format("00000000-0000-4000-8000-{:012x}", n);
}

struct World {
  std::mt19937 random;
  template <class T>
  const T& one_of(const std::vector<T>& items) {
    return items[random() % items.size()];
  }
  bool chance(unsigned percent) { return random() % 100 < percent; }

  const std::vector<std::string> accounts{kWeb, kAudit, kOther};
  const std::vector<std::string> regions{"us-east-1", "eu-west-1", "eu-central-1"};
  const std::vector<std::string> services{"s3.amazonaws.com", "iam.amazonaws.com", "sts.amazonaws.com",
                                          "s3_odd.amazonaws.com"};
  const std::vector<std::string> apis{"GetObject",  "GetObjectAcl", "Get%Object",
                                      "Get_Object", "CreateUser",   "AssumeRole"};
  const std::vector<std::string> errors{"", "", "", "AccessDenied", "NoSuchKey", "Client.UnauthorizedOperation"};
  const std::vector<std::string> ips{"198.51.100.7", "203.0.113.9", "2001:db8::1", "AWS Internal", "10.0.0.8"};
  const std::vector<std::string> agents{"aws-cli/2.15 Python/3.11", "Mozilla/5.0 (X11; Linux, like Gecko)", "!odd", ""};
  const std::vector<std::string> keys{"AKIAEXAMPLEALICE0001", "ASIAEXAMPLEROLE00001", "ASIAEXAMPLEROLE00002"};
  const std::vector<std::string> instances{"i-0dbc91f429e48eeed", "i-0123456789abcdef0"};
  const std::vector<std::string> users{"AIDAEXAMPLEALICE0001", "AIDAEXAMPLEBOB000001"};
  const std::vector<std::string> roles{"AROAEXAMPLEWEB000001", "AROAEXAMPLECI0000001"};
  const std::vector<std::string> sessions{"i-0dbc91f429e48eeed", "deploy", "alice@example.com"};
  const std::vector<std::string> buckets{"logs", "backup"};

  nlohmann::ordered_json identity(const std::string& account) {
    switch (random() % 6) {
      case 0:
      case 1:
        return Record::user(one_of(users), "someone", account, one_of(keys));
      case 2:
      case 3:
        return Record::role(one_of(roles), "web", one_of(sessions), account, one_of(keys));
      case 4:
        return {{"type", "AWSService"}, {"invokedBy", "ec2.amazonaws.com"}};
      default:
        return {{"type", "Root"}, {"accountId", account}, {"principalId", account}};
    }
  }

  std::string record(int n) {
    Record r;
    r.account = one_of(accounts);
    r.region = one_of(regions);
    r.service = one_of(services);
    r.api = one_of(apis);
    r.error_code = one_of(errors);
    r.ip = one_of(ips);
    r.user_agent = one_of(agents);
    r.identity = identity(r.account);
    r.event_id = id_of(n);
    // Few distinct times, so that many events share one and only the ids order them.
    const std::int64_t minutes = static_cast<std::int64_t>(random() % 200) * 33;
    r.time = schema::format_rfc3339(time_of("2026-11-18T12:00:00Z") + minutes * 60 * schema::kMicrosPerSecond +
                                    (chance(10) ? 123'456 : 0));
    if (chance(40)) r.request["bucketName"] = one_of(buckets);
    if (chance(25)) r.request["instanceId"] = one_of(instances);
    if (chance(20)) r.request["accessKeyId"] = one_of(keys);
    if (chance(20)) r.response["assumedRoleUser"]["assumedRoleId"] = one_of(roles) + ":" + one_of(sessions);
    if (chance(15)) r.response["user"]["userId"] = one_of(users);
    if (chance(60)) r.extra["readOnly"] = chance(50);
    if (chance(30)) r.extra["eventCategory"] = "Data";
    return r.json();
  }
};

}  // namespace backtrail::testing
