// The sample organisation: deterministic, exact in number, and its stories.json tells the truth about the tree.
#include "ingest/sample/sample.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <libdeflate.h>
#include <map>
#include <nlohmann/json.hpp>
#include <openssl/sha.h>
#include <set>
#include <string>
#include <unistd.h>
#include <vector>

#include "ingest/sample/background.hpp"
#include "ingest/sample/catalogue.hpp"
#include "ingest/sample/event_writer.hpp"
#include "ingest/sample/text.hpp"
#include "tests/unit/ingest/sample_folder.hpp"

namespace backtrail::ingest::sample {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kEvents = 12'000;
constexpr std::uint64_t kSeed = 7;

std::string gunzip(const std::string& packed) {
  // The last four bytes of a gzip file are the size of what is inside.
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    size |= static_cast<std::uint32_t>(static_cast<unsigned char>(packed[packed.size() - 4 + i])) << (8 * i);
  }
  std::string plain(size, '\0');
  libdeflate_decompressor* inflater = libdeflate_alloc_decompressor();
  const auto result =
      libdeflate_gzip_decompress(inflater, packed.data(), packed.size(), plain.data(), plain.size(), nullptr);
  libdeflate_free_decompressor(inflater);
  if (result != LIBDEFLATE_SUCCESS) throw std::runtime_error("not gzip");
  return plain;
}

struct Event {
  std::string file;  // relative path
  std::string text;
  Json json;
};

// One sample, read back, for the tests that look at it.
class SampleTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new Folder;
    report_ = write_sample(options_for(folder_->path(), kEvents, kSeed), {});
    tree_ = tree_of(folder_->path());
    truth_ = Json::parse(tree_.at("stories.json"));
    for (const auto& [name, bytes] : tree_) {
      if (name.find("/CloudTrail/") != std::string::npos) read_log(name, gunzip(bytes));
      if (name.find("/GuardDuty/") != std::string::npos) read_findings(name, gunzip(bytes));
    }
  }

  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
    tree_.clear();
    events_.clear();
    by_id_.clear();
    findings_.clear();
  }

  static void read_log(const std::string& name, const std::string& text) {
    const Json log = Json::parse(text);  // throws when the file is not JSON
    for (const Json& record : log.at("Records")) events_.push_back({name, record.dump(), record});
  }

  static void read_findings(const std::string& name, const std::string& text) {
    ASSERT_EQ(text.back(), '\n') << name;
    std::size_t from = 0;
    while (from < text.size()) {
      const std::size_t to = text.find('\n', from);
      Json finding = Json::parse(text.substr(from, to - from));
      EXPECT_NE(name.find("AWSLogs/" + finding["accountId"].get<std::string>() + "/GuardDuty/" +
                          finding["region"].get<std::string>() + "/"),
                std::string::npos);
      findings_[finding["id"].get<std::string>()].push_back(std::move(finding));
      from = to + 1;
    }
  }

  static const Event& event(const std::string& id) {
    if (by_id_.empty()) {
      for (const Event& one : events_) by_id_[one.json["eventID"].get<std::string>()] = &one;
    }
    return *by_id_.at(id);
  }

  static const Json& story(int number) {
    for (const Json& one : truth_["stories"]) {
      if (one["number"] == number) return one;
    }
    throw std::runtime_error("no such story");
  }

  static std::vector<std::string> api_names(int number, const std::string& group) {
    std::vector<std::pair<std::string, std::string>> in_time;
    for (const Json& id : story(number)["groups"][group]) {
      const Json& record = event(id.get<std::string>()).json;
      in_time.emplace_back(record["eventTime"].get<std::string>(), record["eventName"].get<std::string>());
    }
    std::stable_sort(in_time.begin(), in_time.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> names;
    for (const auto& [time, name] : in_time) names.push_back(name);
    return names;
  }

  static inline Folder* folder_ = nullptr;
  static inline SampleReport report_;
  static inline std::map<std::string, std::string> tree_;
  static inline Json truth_;
  static inline std::vector<Event> events_;
  static inline std::map<std::string, const Event*> by_id_;
  static inline std::map<std::string, std::vector<Json>> findings_;
};

// The member at a dotted path, or null.
Json at_path(const Json& object, const std::string& path) {
  const Json* at = &object;
  std::size_t from = 0;
  while (from <= path.size()) {
    const std::size_t to = std::min(path.find('.', from), path.size());
    const std::string name = path.substr(from, to - from);
    if (!at->is_object() || !at->contains(name)) return nullptr;
    at = &(*at)[name];
    from = to + 1;
  }
  return *at;
}

TEST_F(SampleTest, CountsWhatItWrites) {
  EXPECT_EQ(report_.events_written, kEvents);
  EXPECT_EQ(events_.size(), kEvents);
  EXPECT_EQ(report_.files_written, tree_.size());
  std::uint64_t bytes = 0;
  for (const auto& [name, content] : tree_) bytes += content.size();
  EXPECT_EQ(report_.bytes_written, bytes);
  std::uint64_t states = 0;
  for (const auto& [id, versions] : findings_) states += versions.size();
  EXPECT_EQ(report_.findings_written, states);
}

TEST_F(SampleTest, PutsEveryRecordWhereItsAccountRegionAndTimeBelong) {
  std::set<std::string> ids;
  for (const Event& one : events_) {
    const std::string account = one.json["recipientAccountId"];
    const std::string region = one.json["awsRegion"];
    EXPECT_EQ(one.file.find("AWSLogs/o-exampleorgid/" + account + "/CloudTrail/" + region + "/"), 0U) << one.file;
    EXPECT_NE(one.file.find("/" + account + "_CloudTrail_" + region + "_"), std::string::npos);
    EXPECT_TRUE(ids.insert(one.json["eventID"].get<std::string>()).second) << one.text;
    const std::string time = one.json["eventTime"];
    EXPECT_GE(time, truth_["start"].get<std::string>());
    EXPECT_LT(time, truth_["end"].get<std::string>());
  }
}

TEST_F(SampleTest, LooksLikeCloudTrail) {
  std::set<std::string> types, categories, versions, kinds, accounts, regions;
  std::size_t bytes = 0;
  for (const Event& one : events_) {
    const Json& e = one.json;
    for (const char* field :
         {"eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
          "userAgent", "requestParameters", "responseElements", "requestID", "eventID", "readOnly", "eventType",
          "managementEvent", "recipientAccountId", "eventCategory"}) {
      ASSERT_TRUE(e.contains(field)) << field << " in " << one.text;
    }
    EXPECT_EQ(e["eventCategory"] == "Management", e["managementEvent"].get<bool>()) << one.text;
    if (e.contains("errorCode")) {
      EXPECT_TRUE(e["responseElements"].is_null()) << one.text;
    }
    if (e.contains("sessionCredentialFromConsole")) {
      EXPECT_EQ(e["sessionCredentialFromConsole"], "true");
    }
    types.insert(e["userIdentity"]["type"].get<std::string>());
    categories.insert(e["eventCategory"].get<std::string>());
    versions.insert(e["eventVersion"].get<std::string>());
    kinds.insert(e["eventType"].get<std::string>());
    accounts.insert(e["recipientAccountId"].get<std::string>());
    regions.insert(e["awsRegion"].get<std::string>());
    bytes += one.text.size();
  }
  EXPECT_EQ(accounts.size(), 14U);
  EXPECT_EQ(regions.size(), 6U);
  EXPECT_EQ(versions, (std::set<std::string>{"1.08", "1.09", "1.10", "1.11"}));
  for (const char* type :
       {"AssumedRole", "IAMUser", "AWSService", "AWSAccount", "WebIdentityUser", "SAMLUser", "IdentityCenterUser"}) {
    EXPECT_TRUE(types.contains(type)) << type;
  }
  EXPECT_TRUE(categories.contains("Data"));
  EXPECT_TRUE(kinds.contains("AwsConsoleSignIn"));
  EXPECT_GT(bytes / events_.size(), 1200U);
  EXPECT_LT(bytes / events_.size(), 2000U);
}

TEST_F(SampleTest, GroupsHoldEveryEventOfTheirEntity) {
  int checked = 0;
  for (const Json& one : truth_["stories"]) {
    for (const Json& entity : one["complete"]) {
      const std::string field = entity["field"];
      const std::string value = entity["value"];
      std::set<std::string> found;
      for (const Event& candidate : events_) {
        const bool match =
            field == "text" ? candidate.text.find(value) != std::string::npos : at_path(candidate.json, field) == value;
        if (match) found.insert(candidate.json["eventID"].get<std::string>());
      }
      std::set<std::string> told;
      std::size_t listed = 0;
      for (const Json& group : entity["groups"]) {
        const Json& ids = one["groups"][group.get<std::string>()];
        ASSERT_FALSE(ids.is_null()) << group;
        EXPECT_EQ(ids.size(), one["counts"][group.get<std::string>()].get<std::size_t>());
        listed += ids.size();
        for (const Json& id : ids) told.insert(id.get<std::string>());
      }
      EXPECT_EQ(listed, told.size()) << "an event is in two groups of " << value;
      EXPECT_EQ(found, told) << one["name"] << ' ' << field << " = " << value;
      EXPECT_FALSE(told.empty()) << one["name"] << ' ' << field << " = " << value;
      ++checked;
    }
  }
  EXPECT_GE(checked, 30);
}

TEST_F(SampleTest, DigestsOfGroupsAreTheExclusiveOrOfTheirIds) {
  for (const Json& one : truth_["stories"]) {
    for (const auto& [name, ids] : one["groups"].items()) {
      std::string sum(32, '0');
      for (const Json& id : ids) {
        std::string hex = id.get<std::string>();
        hex.erase(std::remove(hex.begin(), hex.end(), '-'), hex.end());
        for (std::size_t i = 0; i < sum.size(); ++i) {
          const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
          sum[i] = "0123456789abcdef"[digit(sum[i]) ^ digit(hex[i])];
        }
      }
      EXPECT_EQ(one["digests"][name], sum) << name;
    }
  }
}

TEST_F(SampleTest, FindingWindowsBracketTheCallsTheyAreAbout) {
  int with_calls = 0;
  for (const Json& one : truth_["stories"]) {
    for (const Json& told : one["findings"]) {
      auto versions = findings_.at(told["id"].get<std::string>());
      std::sort(versions.begin(), versions.end(),
                [](const Json& a, const Json& b) { return a["updatedAt"] < b["updatedAt"]; });
      ASSERT_EQ(versions.size(), told["states"].get<std::size_t>());
      const Json& last = versions.back();
      EXPECT_EQ(last["type"], told["type"]);
      EXPECT_EQ(last["accountId"], told["account_id"]);
      if (told["calls"].empty()) continue;
      ++with_calls;
      // To the second: events have no more.
      const std::string first_seen = last["service"]["eventFirstSeen"].get<std::string>().substr(0, 19);
      const std::string last_seen = last["service"]["eventLastSeen"].get<std::string>().substr(0, 19);
      std::set<std::string> apis, addresses, keys;
      for (const Json& id : told["calls"]) {
        const Json& call = event(id.get<std::string>()).json;
        const std::string time = call["eventTime"].get<std::string>().substr(0, 19);
        EXPECT_LE(first_seen, time);
        EXPECT_GE(last_seen, time);
        apis.insert(call["eventName"].get<std::string>());
        addresses.insert(call["sourceIPAddress"].get<std::string>());
        if (call["userIdentity"].contains("accessKeyId"))
          keys.insert(call["userIdentity"]["accessKeyId"].get<std::string>());
      }
      if (!last["service"].contains("action")) continue;  // an attack sequence
      const Json& action = last["service"]["action"]["awsApiCallAction"];
      EXPECT_TRUE(apis.contains(action["api"].get<std::string>())) << last["type"];
      EXPECT_TRUE(addresses.contains(action["remoteIpDetails"]["ipAddressV4"].get<std::string>())) << last["type"];
      const std::string key = last["resource"]["accessKeyDetails"]["accessKeyId"];
      if (!key.empty()) {
        EXPECT_TRUE(keys.contains(key)) << last["type"];
      }
    }
  }
  EXPECT_GE(with_calls, 9);
}

TEST_F(SampleTest, StatesOfAFindingMoveOn) {
  int changing = 0;
  for (auto& [id, versions] : findings_) {
    std::sort(versions.begin(), versions.end(),
              [](const Json& a, const Json& b) { return a["updatedAt"] < b["updatedAt"]; });
    for (std::size_t i = 0; i < versions.size(); ++i) {
      EXPECT_EQ(versions[i]["createdAt"], versions[0]["createdAt"]);
      EXPECT_LE(versions[i]["service"]["eventFirstSeen"], versions[i]["service"]["eventLastSeen"]);
      EXPECT_LE(versions[i]["service"]["eventLastSeen"].get<std::string>().substr(0, 19),
                versions[i]["updatedAt"].get<std::string>().substr(0, 19));
      if (i == 0) continue;
      EXPECT_LT(versions[i - 1]["updatedAt"], versions[i]["updatedAt"]);
      EXPECT_LE(versions[i - 1]["service"]["count"], versions[i]["service"]["count"]);
      EXPECT_LE(versions[i - 1]["service"]["eventLastSeen"], versions[i]["service"]["eventLastSeen"]);
      ++changing;
    }
  }
  EXPECT_GT(changing, 300);
}

TEST_F(SampleTest, HasProbesOthersAndGuardDutysOwnSamples) {
  EXPECT_EQ(truth_["port_probe_findings"].size(), 200U);
  EXPECT_GE(truth_["other_findings"].size(), 30U);
  std::set<std::string> types, resources;
  bool critical = false;
  for (const Json& id : truth_["other_findings"]) {
    const Json& finding = findings_.at(id.get<std::string>()).front();
    types.insert(finding["type"].get<std::string>());
    resources.insert(finding["resource"]["resourceType"].get<std::string>());
    critical = critical || finding["severity"].get<double>() >= 9;
  }
  EXPECT_GE(types.size(), 30U);
  EXPECT_GE(resources.size(), 8U);
  EXPECT_TRUE(critical);
  ASSERT_FALSE(truth_["sample_findings"].empty());
  for (const Json& id : truth_["sample_findings"]) {
    const Json& finding = findings_.at(id.get<std::string>()).front();
    EXPECT_EQ(finding["service"]["additionalInfo"]["sample"], true);
    EXPECT_EQ(finding["title"].get<std::string>().find("[SAMPLE]"), 0U);
    EXPECT_EQ(finding["resource"]["instanceDetails"]["instanceId"], "i-99999999");
  }
}

TEST_F(SampleTest, TellsTheLeakedKeyInOrder) {
  EXPECT_EQ(api_names(1, "attack"),
            (std::vector<std::string>{"GetCallerIdentity", "DescribeParameters", "GetParameters", "ListTables",
                                      "ListObjects", "ListObjects", "CreateUser", "CreateAccessKey", "AttachUserPolicy",
                                      "RunInstances", "RunInstances", "RunInstances", "GetParameters", "ListObjects"}));
  int denied_starts = 0;
  std::set<std::string> regions;
  for (const Json& id : story(1)["groups"]["attack"]) {
    const Json& call = event(id.get<std::string>()).json;
    if (call["eventName"] == "CreateUser") {
      EXPECT_EQ(call["errorCode"], "AccessDenied");
    }
    if (call["eventName"] == "CreateAccessKey") {
      EXPECT_EQ(call["responseElements"]["accessKey"]["accessKeyId"], story(1)["entities"]["second_access_key"]);
    }
    if (call["eventName"] != "RunInstances") continue;
    regions.insert(call["awsRegion"].get<std::string>());
    denied_starts += call.contains("errorCode") ? 1 : 0;
  }
  EXPECT_EQ(regions.size(), 3U);
  EXPECT_EQ(denied_starts, 2);
  // After the key is disabled nobody uses it, and backup-svc goes on.
  const std::string contained = story(1)["entities"]["contained_at"];
  for (const char* group : {"attack", "jenkins_same_key"}) {
    for (const Json& id : story(1)["groups"][group])
      EXPECT_LT(event(id.get<std::string>()).json["eventTime"], contained);
  }
  EXPECT_GE(story(1)["groups"]["backup_svc_goes_on"].size(), 10U);
  for (const Json& id : story(1)["groups"]["backup_svc_goes_on"])
    EXPECT_GT(event(id.get<std::string>()).json["eventTime"], contained);
}

TEST_F(SampleTest, IssuesEveryKeyOfTheChainBeforeItIsUsed) {
  const Json& chain = story(4)["entities"]["chain"];
  ASSERT_EQ(chain.size(), 6U);  // the sign-in and five hops
  std::set<std::string> accounts;
  for (const Json& link : chain) {
    accounts.insert(link["account_id"].get<std::string>());
    const std::string key = link["access_key"];
    std::string issued_at, used_at;
    for (const Event& one : events_) {
      if (at_path(one.json, "responseElements.credentials.accessKeyId") == key)
        issued_at = one.json["eventTime"].get<std::string>();
      if (at_path(one.json, "userIdentity.accessKeyId") == key) {
        const std::string time = one.json["eventTime"];
        if (used_at.empty() || time < used_at) used_at = time;
      }
    }
    EXPECT_FALSE(issued_at.empty()) << key;
    EXPECT_LT(issued_at, used_at) << key;
  }
  EXPECT_EQ(accounts.size(), 4U);
}

TEST_F(SampleTest, HasOneLateEventAndOneMissingTwin) {
  const Json& late = story(4)["entities"]["late_event"];
  const Event& delayed = event(late["event_id"].get<std::string>());
  // The stamp of the file's name is when it was delivered: 20260301T0710Z.
  const std::string stamp = delayed.file.substr(delayed.file.rfind('/') + 1)
                                .substr(std::string("888899990000_CloudTrail_us-east-1_").size(), 14);
  std::string due = late["delivered_after"];
  due.erase(std::remove_if(due.begin(), due.end(), [](char c) { return c == '-' || c == ':'; }), due.end());
  EXPECT_GE(stamp.substr(0, 13), due.substr(0, 13));
  const Json& missing = story(4)["entities"]["missing_twin"];
  int sides = 0;
  std::map<std::string, std::set<std::string>> shared;
  for (const Event& one : events_) {
    if (!one.json.contains("sharedEventID")) continue;
    if (one.json["sharedEventID"] == missing["shared_event_id"]) {
      ++sides;
      EXPECT_EQ(one.json["eventID"], missing["present_event_id"]);
    }
    shared[one.json["sharedEventID"].get<std::string>()].insert(one.json["recipientAccountId"].get<std::string>());
  }
  EXPECT_EQ(sides, 1);
  const auto twins =
      std::count_if(shared.begin(), shared.end(), [](const auto& entry) { return entry.second.size() == 2; });
  EXPECT_EQ(static_cast<std::uint64_t>(twins), story(4)["counts"]["pipeline_arrivals"].get<std::uint64_t>() + 2 + 3);
}

TEST_F(SampleTest, RecordsNoObjectEventsInOneAccount) {
  const std::string account = truth_["account_without_data_events"];
  int events = 0;
  for (const Event& one : events_) {
    if (one.json["recipientAccountId"] != account) continue;
    ++events;
    EXPECT_FALSE(one.json["eventSource"] == "s3.amazonaws.com" && one.json["eventCategory"] == "Data") << one.text;
  }
  EXPECT_GT(events, 0);
}

TEST_F(SampleTest, TellsTheTheftAsASequence) {
  const Json& told = story(5)["findings"][0];
  const Json& finding = findings_.at(told["id"].get<std::string>()).back();
  EXPECT_EQ(finding["type"], "AttackSequence:S3/CompromisedData");
  EXPECT_FALSE(finding["service"].contains("action"));
  const Json& sequence = finding["service"]["detection"]["sequence"];
  EXPECT_EQ(sequence["actors"][0]["user"]["credentialUid"], story(5)["entities"]["stolen_access_key"]);
  EXPECT_EQ(sequence["actors"][0]["user"]["uid"], story(5)["entities"]["principal_id"]);
  EXPECT_EQ(sequence["endpoints"][0]["ip"], story(5)["entities"]["attacker_ips"][0]);
  int held = 0;
  for (const Json& signal : sequence["signals"])
    held += signal["type"] == "FINDING" && findings_.contains(signal["uid"].get<std::string>()) ? 1 : 0;
  EXPECT_EQ(held, 2);
}

TEST_F(SampleTest, UsesDocumentationAddressesOnly) {
  for (const Event& one : events_) {
    const std::string address = one.json["sourceIPAddress"];
    if (address.find_first_not_of("0123456789.") != std::string::npos) continue;  // a service's name
    const bool fine = address.starts_with("10.") || address.starts_with("192.0.2.") ||
                      address.starts_with("198.51.100.") || address.starts_with("203.0.113.") ||
                      address.starts_with("100.");
    EXPECT_TRUE(fine) << address;
    if (!address.starts_with("100.")) continue;
    const int second = std::stoi(address.substr(4));
    EXPECT_TRUE(second >= 64 && second <= 127) << address;
  }
}

TEST_F(SampleTest, ListsTheAccountsTwice) {
  const Json list = Json::parse(tree_.at("organizations-accounts.json"));
  ASSERT_EQ(list["Accounts"].size(), 14U);
  std::string expected = "account_id,name,organizational_unit,owner,environment\n";
  const std::string table = tree_.at("accounts.csv");
  EXPECT_EQ(table.substr(0, expected.size()), expected);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 15);
  for (const Json& account : list["Accounts"]) {
    const std::string id = account["Id"];
    EXPECT_EQ(id.size(), 12U);
    EXPECT_EQ(account["Arn"], "arn:aws:organizations::111111111111:account/o-exampleorgid/" + id);
    EXPECT_NE(table.find("\n" + id + "," + account["Name"].get<std::string>() + ","), std::string::npos);
    for (const char* field : {"Email", "Status", "JoinedMethod", "JoinedTimestamp"})
      EXPECT_TRUE(account.contains(field)) << field;
  }
}

TEST_F(SampleTest, ChainsDigestsOverTheLogsTheyName) {
  const auto sha256 = [](const std::string& text) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
    Text hex;
    for (const unsigned char byte : digest) hex.put_hex(byte, 2);
    return std::string(hex.view());
  };
  int digests = 0;
  int logs = 0;
  for (const auto& [name, bytes] : tree_) {
    if (name.find("/CloudTrail-Digest/") == std::string::npos) continue;
    ++digests;
    const Json digest = Json::parse(gunzip(bytes));
    EXPECT_EQ(digest["digestS3Object"], name);
    for (const Json& log : digest["logFiles"]) {
      EXPECT_EQ(log["hashValue"], sha256(gunzip(tree_.at(log["s3Object"].get<std::string>()))));
      ++logs;
    }
    if (digest["previousDigestS3Object"].is_null()) continue;
    EXPECT_EQ(digest["previousDigestHashValue"],
              sha256(gunzip(tree_.at(digest["previousDigestS3Object"].get<std::string>()))));
  }
  EXPECT_EQ(digests, 6);
  EXPECT_GT(logs, 0);
}

TEST_F(SampleTest, FilesHoldFiveThousandEventsAtMostAndNoTimeInTheirHeader) {
  std::map<std::string, int> events_in;
  for (const Event& one : events_) ++events_in[one.file];
  for (const auto& [file, count] : events_in) EXPECT_LE(count, 5000);
  for (const auto& [name, bytes] : tree_) {
    if (!name.ends_with(".gz")) continue;
    EXPECT_EQ(bytes.substr(4, 4), std::string(4, '\0')) << name;
  }
}

}  // namespace
}  // namespace backtrail::ingest::sample
