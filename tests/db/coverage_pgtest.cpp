// Coverage from deliveries: what is counted, once; folding changes nothing; a scope sees its accounts only.
#include <gmock/gmock.h>

#include "ingest/load/coverage_writer.hpp"
#include "query/coverage/coverage.hpp"
#include "schema/registry/accounts.hpp"
#include "tests/db/ingest_warehouse.hpp"

namespace backtrail {
namespace {

using namespace testing;
using query::Coverage;
using query::CoverageCell;
using query::CoverageStatus;
using schema::AccountScope;
using schema::CoverageSource;
using schema::kMicrosPerDay;
using schema::kMicrosPerHour;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CoverageTest : public ::testing::Test {
 protected:
  CoverageTest() : api_({.connection_string = warehouse_.database().connection_string("backtrail_api")}) {}

  Coverage ask(const std::vector<query::Parameter>& parameters = {}, const AccountScope& scope = AccountScope::all(),
               std::int64_t now_us = kNowUs) {
    const auto request = query::parse_coverage_request(parameters, now_us);
    EXPECT_TRUE(request.has_value()) << (request ? "" : request.error().detail);
    auto answer = query::coverage({api_, {}}, scope, *request);
    EXPECT_TRUE(answer.has_value()) << (answer ? "" : answer.error().detail);
    return answer ? std::move(*answer) : Coverage{};
  }
  const CoverageCell* cell(const Coverage& answer, CoverageSource source, std::string_view account = kAccountA) {
    for (const auto& one : answer.cells)
      if (one.source == source && one.account_id == account) return &one;
    return nullptr;
  }
  std::string refused(const std::vector<query::Parameter>& parameters) {
    const auto request = query::parse_coverage_request(parameters, kNowUs);
    EXPECT_FALSE(request.has_value());
    return request ? "" : request.error().detail;
  }
  // One management event an hour over whole days, before the clock of deliveries.
  void hourly(std::int32_t first_day_back, std::int32_t last_day_back, const std::string& account = kAccountA) {
    std::string lines;
    for (std::int32_t back = first_day_back; back >= last_day_back; --back)
      for (int hour = 0; hour < 24; ++hour)
        lines +=
            event({.number = ++number_,
                   .account = account,
                   .time = fmt::format("{}T{:02}:30:00Z", schema::format_day(schema::day_of(kNowUs) - back), hour)}) +
            "\n";
    warehouse_.deliver(lines);
  }
  void register_accounts(const std::string& csv) {
    ASSERT_TRUE(schema::import_accounts(warehouse_.maintenance(), csv, kNowUs - kMicrosPerDay).has_value());
  }
  // Everything that coverage knows, folded or not.
  std::string known() const {
    return warehouse_.value(
        "SELECT account_id || region || source || day || '|' || sum(records) || '|' || bit_or(hours) || '|' || "
        "min(first_at) || "
        "max(last_at) || max(last_received_at) || '|' || coalesce((SELECT string_agg(s::text, ',' ORDER BY position) "
        "FROM (SELECT "
        "position, sum(n) AS s FROM (SELECT * FROM coverage_day UNION ALL SELECT * FROM coverage_delta) AS y, "
        "unnest(y.lags) WITH "
        "ORDINALITY AS l (n, position) WHERE (y.account_id, y.region, y.source, y.day) = (x.account_id, x.region, "
        "x.source, x.day) "
        "GROUP BY position) AS z), '-') FROM (SELECT * FROM coverage_day UNION ALL SELECT * FROM coverage_delta) AS x "
        "GROUP BY "
        "account_id, region, source, day ORDER BY 1");
  }

  IngestWarehouse warehouse_;
  schema::Database api_;
  int number_ = 0;
};

TEST_F(CoverageTest, CountsEventsAndFindingsByAccountRegionAndSource) {
  warehouse_.deliver(event({.number = 1}) + event({.number = 2, .time = "2026-11-02T23:59:59Z"}) +
                     event({.number = 3, .category = "Data"}) + event({.number = 4, .account = kAccountB}) +
                     guardduty_json(1).dump());
  const auto answer = ask();
  EXPECT_EQ(answer.cells_total, 4U);
  const auto* management = cell(answer, CoverageSource::kCloudTrailManagement);
  ASSERT_NE(management, nullptr);
  EXPECT_EQ(management->region, "eu-west-1");
  EXPECT_EQ(management->records, 2);
  EXPECT_EQ(management->status, CoverageStatus::kQuiet);
  EXPECT_EQ(schema::format_rfc3339(*management->first_us), "2026-11-02T10:00:00Z");
  EXPECT_EQ(schema::format_rfc3339(*management->last_us), "2026-11-02T23:59:59Z");
  EXPECT_EQ(*management->last_received_us, kNowUs);
  ASSERT_THAT(management->days, SizeIs(1));
  EXPECT_EQ(management->days[0].hours, 1U << 10 | 1U << 23);
  EXPECT_EQ(cell(answer, CoverageSource::kCloudTrailData)->records, 1);
  const auto* findings = cell(answer, CoverageSource::kGuardDuty);
  EXPECT_EQ(findings->records, 1);
  EXPECT_EQ(schema::format_rfc3339(*findings->last_us), "2026-11-02T09:05:00Z") << "when the finding was updated";
  ASSERT_THAT(answer.accounts, SizeIs(2));
  const auto& account = answer.accounts[0];
  EXPECT_EQ(account.account_id, kAccountA);
  EXPECT_TRUE(account.last_by_source_us[static_cast<std::size_t>(CoverageSource::kCloudTrailData)].has_value());
  EXPECT_TRUE(account.last_by_source_us[static_cast<std::size_t>(CoverageSource::kGuardDuty)].has_value());
  EXPECT_FALSE(account.last_by_source_us[static_cast<std::size_t>(CoverageSource::kNotice)].has_value());
}

// Signs of life without a finding: the path of heartbeats, and a detector that says how its agents are.
TEST_F(CoverageTest, HearsHeartbeatsAndNotices) {
  const auto notice = [](const char* type, const char* source, int hour) {
    return Json({{"version", "0"},
                 {"id", fmt::format("00000000-0000-4000-8000-0000000000{:02}", hour)},
                 {"detail-type", type},
                 {"source", source},
                 {"account", kAccountA},
                 {"time", fmt::format("2026-11-03T{:02}:00:00Z", hour)},
                 {"region", "eu-west-1"},
                 {"resources", Json::array()},
                 {"detail", Json::object()}})
        .dump();
  };
  EXPECT_EQ(text_of(warehouse_.deliver(notice("Scheduled Event", "aws.events", 9) +
                                       notice("Scheduled Event", "aws.events", 10) +
                                       notice("GuardDuty Runtime Protection Healthy", "aws.guardduty", 11) +
                                       notice("EC2 Instance State-change Notification", "aws.ec2", 11))),
            "received 4: new 4");
  const auto answer = ask();
  ASSERT_NE(cell(answer, CoverageSource::kHeartbeat), nullptr);
  EXPECT_EQ(cell(answer, CoverageSource::kHeartbeat)->records, 2);
  EXPECT_EQ(cell(answer, CoverageSource::kHeartbeat)->lag_p99_s, 10'800);
  ASSERT_NE(cell(answer, CoverageSource::kGuardDuty), nullptr);
  EXPECT_EQ(cell(answer, CoverageSource::kGuardDuty)->records, 1);
  ASSERT_NE(cell(answer, CoverageSource::kNotice), nullptr);
}

TEST_F(CoverageTest, CountsNothingTwiceAndNothingFromQuarantine) {
  const std::string body = events(1, 3) + guardduty_json(1).dump() + "\n{\"a\":1}";
  warehouse_.deliver(body);
  const auto before = known();
  EXPECT_EQ(text_of(warehouse_.deliver(body)), "received 5: duplicates 4 quarantined 1");
  EXPECT_EQ(known(), before);
  // A variant and a newer state of a finding are new records.
  warehouse_.deliver(event({.number = 1, .agent = "other"}) + guardduty_json(1, "2026-11-02T11:00:00Z").dump());
  const auto answer = ask();
  EXPECT_EQ(cell(answer, CoverageSource::kCloudTrailManagement)->records, 4);
  EXPECT_EQ(cell(answer, CoverageSource::kGuardDuty)->records, 2);
}

TEST_F(CoverageTest, IsTheSameFoldedOrNot) {
  warehouse_.deliver(events(1, 20));
  ASSERT_EQ(ingest::fold_coverage(warehouse_.ingest()).value(), 1);
  EXPECT_EQ(warehouse_.count("coverage_delta"), 0);
  warehouse_.deliver(events(21, 20) + events(41, 3, {.account = kAccountB, .time = "2026-11-01T01:00:00Z"}));
  warehouse_.deliver(events(61, 2, {.time = "2026-11-02T00:00:00Z"}));
  const auto before = known();
  EXPECT_EQ(ingest::fold_coverage(warehouse_.maintenance()).value(), 2);
  EXPECT_EQ(known(), before);
  EXPECT_EQ(ingest::fold_coverage(warehouse_.ingest()).value(), 0);
  EXPECT_EQ(known(), before);
  EXPECT_EQ(cell(ask(), CoverageSource::kCloudTrailManagement)->records, 42);
}

TEST_F(CoverageTest, TellsTheDeliveryLagOfDoorsAndLeavesImportsOut) {
  std::string lines;
  for (int i = 0; i < 98; ++i) lines += event({.number = i, .time = "2026-11-03T11:58:20Z"}) + "\n";  // 100 s
  lines += events(100, 2, {.time = "2026-11-03T11:00:00Z"});                                          // an hour
  warehouse_.deliver(lines);
  auto imported = warehouse_.delivery(events(200, 50, {.time = "2026-10-25T10:00:00Z"}));
  imported.door = "import";
  warehouse_.deliver(std::move(imported));
  for (int round = 0; round < 2; ++round) {
    const auto answer = ask();
    const auto* management = cell(answer, CoverageSource::kCloudTrailManagement);
    EXPECT_EQ(management->records, 150);
    EXPECT_EQ(management->lag_records, 100);
    EXPECT_EQ(management->lag_p50_s, 120);
    EXPECT_EQ(management->lag_p99_s, 3600);
    ASSERT_TRUE(ingest::fold_coverage(warehouse_.ingest()).has_value());
  }
  // The statement names every bucket: also the one of the longest lag that a window can hold.
  warehouse_.deliver(events(300, 1, {.account = kAccountB, .time = "2026-08-10T00:00:00Z"}));
  EXPECT_EQ(cell(ask({{"days", "90"}}), CoverageSource::kCloudTrailManagement, kAccountB)->lag_p99_s, 7'776'000);
  // Outside the window.
  EXPECT_EQ(
      cell(ask({{"days", "1"}}, AccountScope::all(), kNowUs + kMicrosPerDay), CoverageSource::kCloudTrailManagement)
          ->lag_p50_s,
      std::nullopt);
}

TEST_F(CoverageTest, PutsSilentCellsFirstWithSinceWhen) {
  hourly(13, 3);
  hourly(13, 1, kAccountB);
  warehouse_.deliver(events(5000, 1, {.account = kAccountB, .time = "2026-11-03T11:30:00Z"}));
  const auto answer = ask();
  ASSERT_THAT(answer.cells, SizeIs(2));
  EXPECT_EQ(answer.cells[0].account_id, kAccountA);
  EXPECT_EQ(answer.cells[0].status, CoverageStatus::kSilent);
  EXPECT_EQ(answer.cells[0].expected_by, query::ExpectedBy::kHistory);
  EXPECT_EQ(schema::format_rfc3339(answer.cells[0].since_us.value()), "2026-10-31T23:30:00Z");
  EXPECT_EQ(answer.cells[0].usual_pause_us, kMicrosPerHour);
  EXPECT_EQ(answer.cells[0].gap_count, 1U);
  EXPECT_THAT(answer.cells[0].gaps, ElementsAre(schema::TimeRange{*answer.cells[0].since_us, kNowUs}));
  EXPECT_EQ(answer.cells[1].status, CoverageStatus::kOk);
  EXPECT_EQ(answer.cells[1].gap_count, 1U) << "half a day of today";
  EXPECT_EQ(answer.by_status[static_cast<std::size_t>(CoverageStatus::kSilent)], 1U);
  EXPECT_EQ(answer.by_status[static_cast<std::size_t>(CoverageStatus::kOk)], 1U);
  EXPECT_EQ(answer.accounts[0].account_id, kAccountA);
  EXPECT_EQ(answer.accounts[0].status, CoverageStatus::kSilent);
  // Half a year of silence later it is still there.
  EXPECT_EQ(ask({}, AccountScope::all(), kNowUs + 200 * kMicrosPerDay).cells[0].status, CoverageStatus::kSilent);
}

TEST_F(CoverageTest, ExpectsWhatTheRegisterSays) {
  register_accounts("account_id,name,status\n111122223333,web,ACTIVE\n444455556666,old,SUSPENDED\n777788889999,new,\n");
  warehouse_.deliver(events(1, 2, {.time = "2026-10-28T10:00:00Z"}));
  hourly(13, 5, kAccountB);
  const auto answer = ask();
  ASSERT_THAT(answer.cells, SizeIs(3));
  // One event six days ago is no rhythm, but the register expects an active account.
  EXPECT_EQ(answer.cells[0].account_id, kAccountA);
  EXPECT_EQ(answer.cells[0].status, CoverageStatus::kSilent);
  EXPECT_EQ(answer.cells[0].expected_by, query::ExpectedBy::kRegister);
  EXPECT_EQ(answer.cells[1].account_id, "777788889999");
  EXPECT_EQ(answer.cells[1].status, CoverageStatus::kNever);
  EXPECT_EQ(answer.cells[1].region, std::nullopt);
  EXPECT_EQ(answer.cells[1].since_us, kNowUs - kMicrosPerDay);
  EXPECT_EQ(answer.cells[2].account_id, kAccountB) << "suspended: nothing is expected";
  EXPECT_EQ(answer.cells[2].status, CoverageStatus::kQuiet);
  // A part of the question cannot tell.
  EXPECT_THAT(ask({{"region", "eu-west-1"}, {"status", "never"}}).cells, IsEmpty());
  EXPECT_THAT(ask({{"source", "guardduty"}, {"status", "never"}}).cells, IsEmpty());
}

TEST_F(CoverageTest, ShowsAScopeItsAccountsOnly) {
  register_accounts("account_id,name\n111122223333,web\n444455556666,db\n777788889999,secret\n");
  hourly(13, 1);
  hourly(13, 4, kAccountB);
  for (int round = 0; round < 2; ++round) {  // as deltas, and folded
    const auto answer = ask({}, *AccountScope::of({kAccountA}));
    ASSERT_THAT(answer.accounts, SizeIs(1));
    EXPECT_EQ(answer.accounts[0].account_id, kAccountA);
    EXPECT_THAT(answer.cells, SizeIs(1));
    EXPECT_EQ(answer.by_status, ask({{"account_id", kAccountA}}).by_status);
    EXPECT_THAT(ask({{"account_id", kAccountB}}, *AccountScope::of({kAccountA})).cells, IsEmpty());
    EXPECT_THAT(ask({}, AccountScope::none()).accounts, IsEmpty());
    ASSERT_TRUE(ingest::fold_coverage(warehouse_.ingest()).has_value());
  }
}

TEST_F(CoverageTest, AKeyWritesNoCoverageForOtherAccounts) {
  warehouse_.deliver(events(1, 1) + events(2, 1, {.account = kAccountB}), *AccountScope::of({kAccountA}));
  EXPECT_EQ(warehouse_.value("SELECT DISTINCT account_id FROM coverage_delta"), kAccountA);
}

TEST_F(CoverageTest, NarrowsByAccountRegionSourceAndStatus) {
  warehouse_.deliver(event({.number = 1}) + event({.number = 2, .category = "Data"}) +
                     event({.number = 3, .account = kAccountB}));
  EXPECT_THAT(ask({{"source", "cloudtrail_data"}}).cells, SizeIs(1));
  EXPECT_THAT(ask({{"source", "cloudtrail_data,cloudtrail_management"}}).cells, SizeIs(3));
  EXPECT_THAT(ask({{"account_id", kAccountB}, {"region", "eu-west-1"}}).cells, SizeIs(1));
  EXPECT_THAT(ask({{"region", "us-east-1"}}).cells, IsEmpty());
  const auto silent = ask({{"status", "silent"}});
  EXPECT_THAT(silent.cells, IsEmpty());
  EXPECT_THAT(silent.accounts, IsEmpty());
  EXPECT_EQ(silent.by_status[static_cast<std::size_t>(CoverageStatus::kQuiet)], 3U) << "the totals count all";
  EXPECT_THAT(refused({{"source", "cloudtrial"}}), ::testing::StartsWith("source: use cloudtrail_management"));
  EXPECT_THAT(refused({{"status", "!ok"}}), ::testing::StartsWith("status: use ok"));
  EXPECT_THAT(refused({{"days", "0"}}), ::testing::StartsWith("days: "));
  EXPECT_THAT(refused({{"days", "91"}}), ::testing::StartsWith("days: "));
  EXPECT_THAT(refused({{"account_id", "1"}}), ::testing::StartsWith("account_id: "));
  EXPECT_THAT(refused({{"region", "!a"}}), ::testing::StartsWith("region: "));
  EXPECT_THAT(refused({{"acount", "1"}}), ::testing::HasSubstr("does not know"));
  EXPECT_EQ(ask({{"days", "90"}}).request.days, query::kCoverageDaysMax);
}

TEST_F(CoverageTest, KeepsOddRegionsAndFutureTimesHarmless) {
  Json odd = event_json({.number = 1}), longer = event_json({.number = 2}), future = event_json({.number = 3});
  odd["awsRegion"] = std::string("a\0b", 3);
  longer["awsRegion"] = std::string(70, 'x') + "\xC3\xBC";
  longer["awsRegion"].get_ref<std::string&>().replace(63, 2, "\xC3\xBC");
  future["eventTime"] = "2027-11-03T12:00:00Z";
  EXPECT_EQ(text_of(warehouse_.deliver(odd.dump() + longer.dump() + future.dump())), "received 3: new 3");
  EXPECT_EQ(warehouse_.value("SELECT region FROM coverage_delta ORDER BY length(region), region"),
            "a\xEF\xBF\xBD"
            "b eu-west-1 " +
                std::string(63, 'x'));
  EXPECT_EQ(warehouse_.value("SELECT max(last_at) FROM coverage_delta"), "2026-11-03 12:00:00+00");
}

TEST_F(CoverageTest, ForgetsDaysAfterFourHundred) {
  warehouse_.keep("all", std::nullopt);
  const auto day = [](std::int32_t back) { return schema::format_day(schema::day_of(kNowUs) - back) + "T10:00:00Z"; };
  warehouse_.deliver(events(1, 1, {.time = day(schema::kCoverageKeptDays)}) +
                     events(2, 1, {.time = day(schema::kCoverageKeptDays + 1)}));
  ASSERT_TRUE(ingest::fold_coverage(warehouse_.ingest()).has_value());
  EXPECT_EQ(ingest::forget_coverage(warehouse_.maintenance(), kNowUs).value(), 1);
  EXPECT_EQ(cell(ask(), CoverageSource::kCloudTrailManagement)->records, 1);
}

}  // namespace
}  // namespace backtrail
