// Who and what the sample organisation consists of: accounts, Regions, people, users, roles, instances, functions and
// the names of the things they work on.
//
// Everything follows from (seed, number of events): a larger sample has more instances, functions and people, so that
// the number of distinct principals grows with the number of events as it does in reality. Built once, then read only;
// safe to share between threads. The people and things of the five stories are not in here (see stories.hpp), so the
// background can never act as one of them.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/sample/rng.hpp"

namespace backtrail::ingest::sample {

struct RegionInfo {
  std::string_view name;
  std::string_view zone_id;  // the prefix of availability zone ids
  int weight;                // share of the events, of 100
};

inline constexpr std::array<RegionInfo, 6> kRegions{{{"us-east-1", "use1", 38},
                                                     {"us-west-2", "usw2", 26},
                                                     {"eu-west-1", "euw1", 18},
                                                     {"eu-central-1", "euc1", 8},
                                                     {"ap-southeast-2", "apse2", 6},
                                                     {"ap-northeast-1", "apne1", 4}}};
inline constexpr int kUsEast1 = 0;
inline constexpr int kUsWest2 = 1;
inline constexpr int kEuWest1 = 2;
inline constexpr int kEuCentral1 = 3;
inline constexpr int kApSoutheast2 = 4;

inline constexpr std::string_view kOrganisationId = "o-exampleorgid";
inline constexpr std::string_view kTrailName = "org-trail";
inline constexpr std::string_view kTrailBucket = "example-org-cloudtrail-logs";
inline constexpr std::string_view kIdentityStore = "d-9067example";

// The accounts by what they are for, in the order of Organisation::accounts().
enum AccountIndex : int {
  kManagement,
  kSecurity,
  kLogArchive,
  kForensics,
  kSharedServices,
  kNetwork,
  kSandbox,
  kDevWeb,
  kStagingWeb,
  kProdWeb,
  kProdPayments,
  kProdMobile,
  kDataLake,
  kDataAnalytics,
  kAccountCount
};

// The account whose trail records no S3 data events: story 5 must not be explained by what was never recorded.
inline constexpr int kAccountWithoutDataEvents = kDataAnalytics;

struct Role {
  std::string name;
  std::string path = "/";
  std::string id;   // AROA…
  std::string arn;  // with the path
};

struct User {
  std::string name;
  std::string id;   // AIDA…
  std::string key;  // AKIA…
  std::string arn;
  std::string ip;
  std::string agent;
};

struct Instance {
  std::string id;
  std::string private_ip;
  std::string name;
  std::string type;
  std::string zone;
  std::string vpc;
  std::string subnet;
  std::string network_interface;
  std::string security_group;
  std::string volume;
  std::string image;
  int role = 0;  // index into Account::instance_roles
  std::uint64_t seed = 0;
};

struct Function {
  std::string name;
  Role role;
  std::string agent;
};

// A workload of a Kubernetes cluster that gets its credentials by web identity.
struct Workload {
  std::string subject;  // system:serviceaccount:namespace:name
  Role role;
  std::string agent;
};

// Roles that exist in every account.
enum StandardRole : int {
  kRoleConfig,
  kRoleAutoScaling,
  kRoleInspector,
  kRoleGuardDuty,
  kRoleBackup,
  kRoleTerraform,
  kRoleAudit,
  kRoleMaintenance,
  kRoleCloudFormation,
  kRoleSsoAdministrator,
  kRoleSsoDeveloper,
  kRoleSsoReadOnly,
  kRoleSsoAnalyst,
  kStandardRoleCount
};

struct Account {
  std::string id;
  std::string name;
  std::string unit;  // organisational unit
  std::string owner;
  std::string environment;
  std::string email;
  int weight = 0;  // share of the events, of 1000
  std::int64_t joined = 0;

  std::vector<Role> roles;  // by StandardRole
  std::vector<Role> instance_roles;
  std::vector<User> users;
  std::vector<Function> functions;
  std::vector<Workload> workloads;
  std::vector<std::string> buckets, tables, parameters, secrets, queues, repositories, services, stacks, databases;
  std::array<std::vector<Instance>, kRegions.size()> instances;
  std::array<std::string, kRegions.size()> key_ids;      // KMS
  std::array<std::string, kRegions.size()> gateway_ips;  // where private traffic leaves for the internet
  std::array<std::string, kRegions.size()> endpoints;    // vpce-…
  std::array<std::string, kRegions.size()> detectors;    // GuardDuty
  std::string cluster_oidc;                              // the identity provider of the account's cluster
};

// Somebody who signs in through the identity centre.
struct Person {
  std::string name;
  std::string user_id;
  std::string office_ip;
  std::string home_ip;
  std::string browser;
  std::string terminal;  // user agent of the command line
  int utc_offset_hours = 0;
  StandardRole role = kRoleSsoDeveloper;
  std::uint64_t seed = 0;
};

class Organisation {
 public:
  // `first_account`: sample.hpp.
  Organisation(std::uint64_t seed, std::uint64_t events, std::int64_t end_seconds, std::uint64_t first_account = 0);

  [[nodiscard]] const std::vector<Account>& accounts() const { return accounts_; }
  [[nodiscard]] const Account& account(int index) const { return accounts_[static_cast<std::size_t>(index)]; }
  [[nodiscard]] const std::vector<Person>& people() const { return people_; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }

 private:
  void add_account(int index, std::uint64_t events, std::int64_t end_seconds, std::uint64_t first_account);
  void add_people(std::uint64_t events);

  std::uint64_t seed_;
  std::vector<Account> accounts_;
  std::vector<Person> people_;
};

// Identifiers as AWS makes them, each from a seed.
std::string access_key_id(std::uint64_t seed);                         // AKIA…
std::string temporary_key_id(std::uint64_t seed);                      // ASIA…
std::string user_id(std::uint64_t seed);                               // AIDA…
std::string role_id(std::uint64_t seed);                               // AROA…
std::string resource_id(std::string_view prefix, std::uint64_t seed);  // i-0123456789abcdef0
std::string hex_id(std::uint64_t seed, int digits);
std::string detector_id(std::uint64_t seed, std::string_view account_id, int region);

Role make_role(std::uint64_t seed, std::string_view account_id, std::string_view name, std::string_view path = "/");
User make_user(std::uint64_t seed, std::string_view account_id, std::string_view name);
Instance make_instance(std::uint64_t seed, const Account& account, int region, std::string_view name);

}  // namespace backtrail::ingest::sample
