// `backtrail reconcile` as a user runs it: tables, JSON, statuses, and what it says when a file is of no use.
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "schema/core/time.hpp"
#include "tests/system/running_backtrail.hpp"

namespace backtrail::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class ReconcileCommandTest : public RunningBacktrail {
 protected:
  std::string save(const std::string& name, const std::string& text) {
    std::ofstream(files_ / name) << text;
    return (files_ / name).string();
  }
  static json finding(const std::string& id, bool archived) {
    const std::string now = schema::format_rfc3339(schema::now_us() / 1'000'000 * 1'000'000);
    return {{"AccountId", "111122223333"},
            {"Arn", "arn:aws:guardduty:eu-west-1:111122223333:detector/d1/finding/" + id},
            {"Id", id},
            {"Region", "eu-west-1"},
            {"SchemaVersion", "2.0"},
            {"Type", "Recon:IAMUser/UserPermissions"},
            {"Severity", 5},
            {"CreatedAt", now},
            {"UpdatedAt", now},
            {"Title", "A \x1b[31mtitle"},
            {"Description", "d"},
            {"Resource", {{"ResourceType", "AccessKey"}}},
            {"Service",
             {{"ServiceName", "guardduty"},
              {"DetectorId", "d1"},
              {"EventFirstSeen", now},
              {"EventLastSeen", now},
              {"Archived", archived},
              {"Count", 1}}}};
  }
  TempDir files_;
};

TEST_F(ReconcileCommandTest, ReportsLoadsAndThenFindsNothingMissed) {
  const std::string first(32, 'a'), second(32, 'b'), third(32, 'c');
  const auto content = save("findings.json", json{{"Findings", {finding(first, false), finding(second, true)}}}.dump());
  const auto ids = save("ids.json", json{{"FindingIds", {first, third}}}.dump());

  const auto only = command({"reconcile", content, "--no-load"});
  EXPECT_EQ(only.status, 1) << only.err;
  EXPECT_THAT(only.out, HasSubstr("ARCHIVED AT SOURCE"));
  EXPECT_THAT(only.out, HasSubstr("missed or behind (2)"));
  EXPECT_EQ(only.out.find("loaded now"), std::string::npos);

  const auto loaded = command({"reconcile", content, "--json"});
  EXPECT_EQ(loaded.status, 1) << loaded.err;
  const auto report = json::parse(loaded.out);
  EXPECT_EQ(report["missed"], 2) << report.dump(1);
  EXPECT_EQ(report["loaded"], 2);
  EXPECT_EQ(report["archived_at_source"], 1);
  EXPECT_EQ(report["receipt"]["new"], 2);
  EXPECT_EQ(report["by_account_region"].size(), 1U);

  const auto again = command({"reconcile", content});
  EXPECT_EQ(again.status, 0) << again.out;

  const auto by_id = command({"reconcile", ids});
  EXPECT_EQ(by_id.status, 1);
  EXPECT_THAT(by_id.out,
              HasSubstr("aws guardduty get-findings --region eu-west-1 --detector-id d1 --finding-ids " + third));
}

TEST_F(ReconcileCommandTest, RefusesFilesOfNoUse) {
  const auto none = command({"reconcile", (files_ / "nothing.json").string()});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("nothing.json is no file"));
  const auto notes = command({"reconcile", save("notes.txt", "remember the milk")});
  EXPECT_EQ(notes.status, 1);
  EXPECT_THAT(notes.err, HasSubstr("aws guardduty list-findings"));
  EXPECT_EQ(notes.out, "");
}

}  // namespace
}  // namespace backtrail::testing
