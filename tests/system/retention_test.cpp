// Retention as a user meets it: archive, verify, bring back, hold, and a kill in the middle.
#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "schema/core/time.hpp"
#include "tests/system/running_backtrail.hpp"

namespace backtrail::testing {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

class RetentionCommandTest : public RunningBacktrail {
 protected:
  static json answer(std::vector<std::string> arguments, int status = 0) {
    arguments.emplace_back("--json");
    const auto done = command(std::move(arguments));
    EXPECT_EQ(done.status, status) << done.err;
    return json::parse(done.out, nullptr, false);
  }
  // Needs no warehouse, so it has no option for one.
  static json verified(const std::string& archive, int status = 0) {
    const auto done = run_backtrail({"archive", "verify", archive, "--json"});
    EXPECT_EQ(done.status, status) << done.err;
    return json::parse(done.out, nullptr, false);
  }
  // Of a fixed time: an interval that moves on with the clock would lose some by itself.
  static std::uint64_t events() {
    static const std::int64_t now_us = schema::now_us();
    static const std::string range =
        "from=" + schema::format_rfc3339((now_us / schema::kMicrosPerDay - 85) * schema::kMicrosPerDay) +
        "&to=" + schema::format_rfc3339((now_us / schema::kMicrosPerDay + 1) * schema::kMicrosPerDay);
    const auto served = ask(address(), "GET", "/api/v1/activity?limit=1&" + range);
    EXPECT_EQ(served.status, 200) << served.body;
    return json::parse(served.body).at("total");
  }
};

TEST_F(RetentionCommandTest, WhatGoesIsArchivedAndComesBack) {
  const std::string archive = (*directory_ / "archive").string();
  const std::uint64_t before = events();
  ASSERT_GT(before, 1000U);
  ASSERT_EQ(command({"retention", "all", "5d"}).status, 0);
  // Killed at any moment: the rows, or the rows and their archive.
  for (const int after_ms : {20, 60, 150, 400}) {
    Program killed({"retention", "--apply", "--archive-dir", archive, "--data-dir", data_dir()});
    std::this_thread::sleep_for(std::chrono::milliseconds(after_ms));
    killed.signal(SIGKILL);
    killed.finish();
  }
  const auto applied = command({"retention", "--apply", "--archive-dir", archive});
  EXPECT_EQ(applied.status, 0) << applied.err;
  EXPECT_LT(events(), before);
  const json checked = verified(archive);
  EXPECT_EQ(checked.at("wrong"), json::array());
  EXPECT_GE(checked.at("records"), before - events());
  EXPECT_EQ(command({"retention", "--apply"}).status, 1) << "a warehouse that archives does not forget to";
  EXPECT_NE(command({"retention", "--removed"}).out.find(archive), std::string::npos);

  ASSERT_EQ(command({"retention", "all", "forever"}).status, 0);
  const json imported = answer({"import", archive});
  EXPECT_EQ(imported.at("quarantined"), 0) << imported.dump(2);
  EXPECT_EQ(events(), before);

  for (const auto& entry : fs::recursive_directory_iterator(archive))
    if (entry.path().native().ends_with(".ndjson.zst")) {
      std::ofstream(entry.path(), std::ios::app) << "x";
      break;
    }
  EXPECT_EQ(verified(archive, 3).at("wrong").size(), 1U);
  EXPECT_EQ(run_backtrail({"archive", "verify", archive + "/nowhere"}).status, 1);
  std::ofstream(*directory_ / "file") << "";
  ASSERT_EQ(command({"retention", "all", "4d"}).status, 0);
  const auto failed = command({"retention", "--apply", "--archive-dir", (*directory_ / "file").string()});
  EXPECT_EQ(failed.status, 1);
  EXPECT_NE(failed.err.find("was not removed"), std::string::npos) << failed.err;
  EXPECT_EQ(events(), before);
  ASSERT_EQ(command({"retention", "all", "forever"}).status, 0);
}

TEST_F(RetentionCommandTest, HoldsAreAddedListedAndReleased) {
  const std::string id = answer({"hold", "add", "--account", "111122223333", "--from", "2026-11-01", "--to",
                                 "2026-11-04", "--reason", "case 17", "--by", "carol"})
                             .at("hold_id");
  const json served = json::parse(ask(address(), "GET", "/api/v1/holds").body);
  EXPECT_EQ(served.at("total"), 1);
  EXPECT_EQ(served.at("holds")[0].at("hold_id"), id);
  EXPECT_EQ(served.at("holds")[0].at("created_by"), "carol");
  EXPECT_EQ(ask(address(), "GET", "/api/v1/holds?state=nonsense").status, 400);
  const json finding = json::parse(ask(address(), "GET", "/api/v1/findings?limit=1").body).at("findings")[0];
  const std::string finding_id = finding.at("finding_id");
  EXPECT_FALSE(json::parse(ask(address(), "GET", "/api/v1/findings/" + finding_id).body).at("held"));
  const std::string other = answer({"hold", "add", "--finding", finding_id, "--reason", "case 18"}).at("hold_id");
  EXPECT_TRUE(json::parse(ask(address(), "GET", "/api/v1/findings/" + finding_id).body).at("held"));
  EXPECT_NE(command({"hold", "list"}).out.find("case 18"), std::string::npos);
  EXPECT_EQ(command({"hold", "release", id, "--reason", "closed", "--by", "dave"}).status, 0);
  EXPECT_EQ(command({"hold", "release", other, "--reason", "closed"}).status, 0);
  EXPECT_EQ(command({"hold", "release", id, "--reason", "closed"}).status, 1);
  EXPECT_EQ(answer({"hold", "list"}).size(), 0U);
  EXPECT_EQ(answer({"hold", "list", "--all"}).size(), 2U);
  EXPECT_EQ(command({"hold", "add", "--reason", "what?"}).status, 1);
  EXPECT_EQ(command({"hold", "add", "--account", "111122223333", "--from", "2026-11-04", "--to", "2026-11-04",
                     "--reason", "an empty range"})
                .status,
            1);
  EXPECT_EQ(command({"hold", "add", "--finding", "nonsense", "--reason", "?"}).status, 1);
}

}  // namespace
}  // namespace backtrail::testing
