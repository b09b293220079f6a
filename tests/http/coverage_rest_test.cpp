// The REST answer about coverage: a whole body, and problems.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/rest/coverage.hpp"
#include "tests/db/finding_seed.hpp"

namespace backtrail::api {
namespace {

using backtrail::testing::FindingSeed;
using nlohmann::json;

class CoverageRestTest : public ::testing::Test {
 protected:
  Response ask(std::vector<QueryParameter> parameters) {
    Request r;
    r.target = "/api/v1/coverage";
    r.query = std::move(parameters);
    Caller caller;
    caller.scope = schema::AccountScope::all();
    return coverage_show(r, caller, seed_.warehouse());
  }
  FindingSeed seed_;
};

TEST_F(CoverageRestTest, TellsACellWithEveryField) {
  const auto today = schema::day_of(schema::now_us());
  seed_.admin_exec(
      "INSERT INTO account (account_id, name) VALUES ('111122223333', 'web');"
      "INSERT INTO coverage_day VALUES ('111122223333', 'eu-west-1', 5, '" +
      schema::format_day(today - 1) + "', 7, 5, '" + schema::format_day(today - 1) + " 00:10+00', '" +
      schema::format_day(today - 1) + " 02:20+00', '" + schema::format_day(today - 1) + " 02:21+00', '{0,0,3}')");
  const auto response = ask({{"days", "2"}});
  ASSERT_EQ(response.status, 200) << response.body;
  auto answer = json::parse(response.body);
  const std::string day = schema::format_day(today - 1);
  EXPECT_EQ(answer["from_day"], day);
  EXPECT_EQ(answer["days"], 2);
  EXPECT_EQ(answer["by_status"], json::parse(R"({"ok":0,"quiet":1,"late":0,"never":0,"silent":0})"));
  EXPECT_EQ(answer["cells_total"], 1);
  EXPECT_EQ(answer["cells"], json::array({{{"account_id", "111122223333"},
                                           {"region", "eu-west-1"},
                                           {"source", "guardduty"},
                                           {"status", "quiet"},
                                           {"since", nullptr},
                                           {"expected_by", nullptr},
                                           {"first_at", day + "T00:10:00Z"},
                                           {"last_at", day + "T02:20:00Z"},
                                           {"last_received_at", day + "T02:21:00Z"},
                                           {"records", 7},
                                           {"usual_pause_seconds", nullptr},
                                           {"lag", {{"records", 3}, {"p50_seconds", 3}, {"p99_seconds", 3}}},
                                           {"gap_count", 0},
                                           {"gaps", json::array()},
                                           {"hours", "000005000000"}}}));
  EXPECT_EQ(answer["accounts"], json::array({{{"account_id", "111122223333"},
                                              {"account_name", "web"},
                                              {"registered", false},
                                              {"active", true},
                                              {"status", "quiet"},
                                              {"last_at", day + "T02:20:00Z"},
                                              {"data_events_at", nullptr},
                                              {"detector_at", day + "T02:20:00Z"},
                                              {"heartbeat_at", nullptr}}}));
}

TEST_F(CoverageRestTest, ExplainsWhatIsWrong) {
  EXPECT_EQ(ask({{"days", "91"}}).status, 400);
  EXPECT_EQ(ask({{"sources", "guardduty"}}).status, 400);
  EXPECT_EQ(ask({}).status, 200);
}

}  // namespace
}  // namespace backtrail::api
