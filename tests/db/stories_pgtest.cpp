// The stories of the sample organisation can be told from the warehouse: for every entity whose events the generator
// accounts for completely, the activity is exactly those events, nothing missing and nothing else.
#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "ingest/sample/sample.hpp"
#include "ingest/source/file_import.hpp"
#include "query/entity/activity.hpp"
#include "query/findings/finding_detail.hpp"
#include "query/findings/finding_rows.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/test_database.hpp"

namespace backtrail::testing {
namespace {

using nlohmann::json;

constexpr std::uint64_t kEvents = 20'000;

// The organisation, loaded once for all tests of this file.
class SampleWarehouse {
 public:
  SampleWarehouse()
      : now_us_(schema::now_us()),
        ingest_({.connection_string = database_.connection_string("backtrail_ingest"), .max_connections = 6}),
        api_({.connection_string = database_.connection_string("backtrail_api"), .max_connections = 2}) {
    ingest::sample::SampleOptions options;
    options.out = directory_.path();
    options.events = kEvents;
    options.seed = 7;
    options.end_us = now_us_;
    written_ = ingest::sample::write_sample(options, [](std::uint64_t, std::uint64_t) {});
    const auto pipeline = ingest::Pipeline::start(ingest_, {}).value();
    report_ = ingest::import_files(*pipeline, ingest_, {directory_.path() / "AWSLogs"}, {}).value();
    key_ = pipeline->hash_key();
    std::ifstream(directory_.path() / "stories.json") >> truth_;
  }
  static SampleWarehouse& get() {
    static SampleWarehouse warehouse;
    return warehouse;
  }

  query::Warehouse warehouse() { return {api_, key_}; }
  const json& truth() const { return truth_; }
  const ingest::ImportReport& report() const { return report_; }
  const ingest::sample::SampleReport& written() const { return written_; }
  std::int64_t now_us() const { return now_us_; }

  // Ids of everything that the question finds; without what other accounts recorded of the caller (type AWSAccount,
  // where the caller is named by its id alone), when told so.
  enum class OtherAccounts : bool { kWith, kWithout };
  std::multiset<std::string> event_ids(const std::vector<query::Parameter>& parameters,
                                       OtherAccounts others = OtherAccounts::kWith,
                                       const std::multiset<std::string>& expected = {}) {
    const auto filter = query::parse_event_filter(parameters, now_us_ + schema::kMicrosPerSecond);
    if (!filter) throw std::runtime_error(filter.error().detail);
    std::multiset<std::string> ids;
    std::uint64_t left_out = 0;
    std::string cursor;
    do {
      const auto page = query::activity(warehouse(), schema::AccountScope::all(), *filter, 1000, cursor).value();
      for (const auto& view : page.events) {
        if (others == OtherAccounts::kWithout && view.event().identity_type == "AWSAccount" &&
            !expected.contains(to_string(view.event().event_id)))
          ++left_out;
        else
          ids.insert(to_string(view.event().event_id));
      }
      cursor = page.next_cursor.value_or("");
      if (cursor.empty()) {
        EXPECT_EQ(page.total, ids.size() + left_out);
      }
    } while (!cursor.empty());
    return ids;
  }

 private:
  TempDir directory_;
  TestDatabase database_;
  std::int64_t now_us_;
  schema::Database ingest_, api_;
  schema::HashKey key_;
  ingest::sample::SampleReport written_;
  ingest::ImportReport report_;
  json truth_;
};

// The question for one line of "complete".
std::vector<query::Parameter> question(const std::string& field, const std::string& value) {
  // All that there is: the first events are exactly 90 days old.
  const std::int64_t now_us = SampleWarehouse::get().now_us();
  std::vector<query::Parameter> parameters{{"from", schema::format_rfc3339(now_us - 91 * schema::kMicrosPerDay)},
                                           {"to", schema::format_rfc3339(now_us + schema::kMicrosPerSecond)}};
  if (field == "text") {
    parameters.emplace_back("entity", (value.starts_with("i-") ? "instance:" : "resource:") + value);
    return parameters;
  }
  parameters.emplace_back("direction", "by");
  if (field == "sourceIPAddress")
    parameters.emplace_back("entity", "ip_address:" + value);
  else if (field == "userIdentity.accessKeyId")
    parameters.emplace_back("entity", "access_key:" + value);
  else if (value.find(':') != std::string::npos)
    parameters.emplace_back("entity", "role_session:" + value);
  else
    parameters.emplace_back("entity", "principal:" + value);
  return parameters;
}

TEST(StoriesTest, EverythingThatWasWrittenIsStored) {
  const auto& receipt = SampleWarehouse::get().report().receipt;
  EXPECT_TRUE(receipt.balances());
  EXPECT_EQ(receipt.received,
            SampleWarehouse::get().written().events_written + SampleWarehouse::get().written().findings_written);
  EXPECT_EQ(receipt.quarantined, 0U);
  EXPECT_EQ(receipt.variants, 0U);
  EXPECT_EQ(SampleWarehouse::get().report().files_failed, 0U);
}

TEST(StoriesTest, ActivityOfEveryAccountedEntityIsExactlyItsGroups) {
  auto& sample = SampleWarehouse::get();
  int compared = 0;
  for (const auto& story : sample.truth()["stories"]) {
    for (const auto& complete : story["complete"]) {
      const std::string field = complete["field"], value = complete["value"];
      std::multiset<std::string> expected;
      std::uint64_t counted = 0;
      bool all_listed = true;
      for (const std::string name : complete["groups"]) {
        counted += story["counts"].at(name).get<std::uint64_t>();
        if (!story["groups"].contains(name)) {
          all_listed = false;
          continue;
        }
        for (const auto& id : story["groups"][name]) expected.insert(id.get<std::string>());
      }
      const bool by_issuer = field == "userIdentity.sessionContext.sessionIssuer.principalId";
      const auto found = sample.event_ids(
          question(field, value),
          by_issuer ? SampleWarehouse::OtherAccounts::kWithout : SampleWarehouse::OtherAccounts::kWith, expected);
      const auto about = fmt::format("{}: {} {}", story["title"].get<std::string>(), field, value);
      EXPECT_EQ(found.size(), counted) << about;
      if (all_listed) {
        std::vector<std::string> missing, extra;
        std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(), std::back_inserter(missing));
        std::set_difference(found.begin(), found.end(), expected.begin(), expected.end(), std::back_inserter(extra));
        EXPECT_THAT(missing, ::testing::IsEmpty()) << about;
        EXPECT_THAT(extra, ::testing::IsEmpty()) << about;
      }
      ++compared;
    }
  }
  EXPECT_GE(compared, 20);
}

TEST(StoriesTest, TheLeakedKeyDidTheAttackAndJenkinsOwnWork) {
  auto& sample = SampleWarehouse::get();
  const json& story = sample.truth()["stories"][0];
  const std::string key = story["entities"]["access_key"];
  const std::string attacker = story["entities"]["attacker_ips"][0];
  std::multiset<std::string> attack;
  for (const auto& id : story["groups"]["attack"]) attack.insert(id.get<std::string>());
  // The key from the hostile address is the attack and nothing else.
  EXPECT_EQ(sample.event_ids({{"last", "90d"}, {"access_key", key}, {"ip_address", attacker}}), attack);
}

TEST(StoriesTest, EveryFindingIsThereAndItsFirstLaneLeadsToItsCalls) {
  auto& sample = SampleWarehouse::get();
  for (const auto& story : sample.truth()["stories"]) {
    for (const auto& finding : story["findings"]) {
      const std::string account = finding["account_id"], region = finding["region"], id = finding["id"];
      const query::FindingKey key{account, schema::finding_uid({account, "guardduty/" + region, id})};
      const auto detail = query::finding_detail(sample.warehouse(), schema::AccountScope::all(), query::finding_id(key),
                                                sample.now_us());
      ASSERT_TRUE(detail) << finding["type"] << ": " << detail.error().detail;
      EXPECT_EQ(detail->row.type, finding["type"].get<std::string>());
      EXPECT_EQ(detail->versions.size(), finding["states"].get<std::size_t>()) << finding["type"];
      if (finding["calls"].empty()) continue;
      ASSERT_FALSE(detail->activity.lanes.empty()) << finding["type"];
      const auto ids = sample.event_ids({{"finding", query::finding_id(key)}, {"last", "90d"}});
      for (const auto& call : finding["calls"])
        EXPECT_EQ(ids.count(call.get<std::string>()), 1U)
            << finding["type"] << ": the call " << call << " is not in its activity";
    }
  }
}

}  // namespace
}  // namespace backtrail::testing
