// Legal holds: what retention must not remove, for how long, and who said so.
#include <gmock/gmock.h>
#include <thread>

#include "query/findings/finding_detail.hpp"
#include "query/hold_queries.hpp"
#include "schema/retention/holds.hpp"
#include "tests/db/ingest_warehouse.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;
using schema::Code;
using schema::DayRange;
using schema::kMicrosPerDay;
using schema::NewHold;

const std::int32_t kToday = schema::day_of(kNowUs);

std::string day_text(int days_ago) {
  return schema::format_day(kToday - days_ago);
}
DayRange days_ago(int first, int behind) {
  return {kToday - first, kToday - behind};
}

class HoldTest : public ::testing::Test {
 protected:
  // Two events of two accounts on each of three days.
  HoldTest() {
    std::string body;
    int number = 1;
    for (const int ago : {7, 6, 5})
      for (const char* account : {kAccountA, kAccountB})
        for (int i = 0; i < 2; ++i)
          body += event({.number = number++, .account = account, .time = day_text(ago) + "T10:00:00Z"}) + "\n";
    EXPECT_EQ(text_of(warehouse_.deliver(body)), "received 12: new 12");
  }

  schema::Uuid hold(std::string account, DayRange days) {
    return schema::add_hold(warehouse_.maintenance(),
                            {.account_id = std::move(account), .days = days, .reason = "case 17", .by = "carol"},
                            kNowUs)
        .value();
  }
  void release(const schema::Uuid& id) {
    ASSERT_TRUE(schema::release_hold(warehouse_.maintenance(), id, "closed", "dave", kNowUs));
  }
  // Everything has expired.
  void expire() { warehouse_.expire(kNowUs + 200 * kMicrosPerDay); }
  std::string kept() const {
    return warehouse_.value(
        "SELECT right(account_id, 1) || ':' || to_char(event_day, 'MM-DD') || ':' || count(*) FROM api_event GROUP BY "
        "account_id, event_day ORDER BY account_id, event_day");
  }
  query::HoldList listed(query::HoldState state, const schema::AccountScope& scope = schema::AccountScope::all()) {
    schema::Database api({.connection_string = warehouse_.database().connection_string("backtrail_api")});
    return query::hold_list({api, {}}, scope, state).value();
  }

  IngestWarehouse warehouse_;
};

TEST_F(HoldTest, ADayOfAnAccountStays) {
  const auto id = hold(kAccountA, days_ago(6, 5));
  expire();
  EXPECT_EQ(kept(), "3:10-28:2") << "half-open: the day behind the last is not held";
  EXPECT_EQ(warehouse_.count("event_mention"), 2);
  release(id);
  expire();
  EXPECT_EQ(kept(), "");
}

TEST_F(HoldTest, DaysOfAllAccountsStay) {
  const auto id = hold("", days_ago(7, 5));
  expire();
  EXPECT_EQ(kept(), "3:10-27:2 3:10-28:2 6:10-27:2 6:10-28:2");
  // Holds of one thing do not end each other.
  hold(kAccountB, days_ago(7, 6));
  release(id);
  expire();
  EXPECT_EQ(kept(), "6:10-27:2");
}

TEST_F(HoldTest, AHeldDayStaysWhateverTheClassesSay) {
  warehouse_.keep("event_data", 1);
  warehouse_.keep("event_management", 1);
  hold(kAccountA, days_ago(7, 6));
  warehouse_.expire(kNowUs);
  EXPECT_EQ(kept(), "3:10-27:2");
}

TEST_F(HoldTest, FindingsNoticesAndQuarantineOfHeldDaysStay) {
  const std::string notice =
      R"({"detail-type":"Scheduled Event","source":"aws.events","account":"111122223333","time":"2026-11-02T10:00:00Z","detail":{}})";
  warehouse_.deliver(guardduty_json(1).dump() + guardduty_json(2, "2026-11-02T09:05:00Z", kAccountB).dump() + notice +
                     "garbage of no account");
  warehouse_.value("UPDATE quarantine SET received_at = '2026-11-02T23:59:59Z' RETURNING 1");
  const auto counts = [&] {
    return fmt::format("{} {} {} {} {}", warehouse_.count("finding"), warehouse_.count("finding_version"),
                       warehouse_.count("finding_entity WHERE account_id = '111122223333'") > 0,
                       warehouse_.count("notice"), warehouse_.count("quarantine"));
  };
  const auto one = hold(kAccountA, days_ago(1, 0)), all = hold("", days_ago(1, 0));
  expire();
  EXPECT_EQ(counts(), "2 2 true 1 1");
  release(all);
  expire();
  EXPECT_EQ(counts(), "1 1 true 1 0") << "what is of no account is held with all";
  release(one);
  expire();
  EXPECT_EQ(counts(), "0 0 false 0 0");
}

TEST_F(HoldTest, AFindingIsHeldWithItsDays) {
  Json finding = guardduty_json(1);  // of yesterday
  finding["service"]["eventFirstSeen"] = day_text(6) + "T08:00:00Z";
  warehouse_.deliver(finding.dump() + guardduty_json(2).dump());
  const schema::Uuid uid = schema::finding_uid({kAccountA, "guardduty/eu-west-1", fmt::format("{:032x}", 1)});
  NewHold held{.account_id = kAccountA, .days = {}, .finding_uid = uid, .reason = "case 18", .by = "carol"};
  const auto id = schema::add_hold(warehouse_.maintenance(), held, kNowUs);
  ASSERT_TRUE(id) << id.error().detail;
  schema::Database api({.connection_string = warehouse_.database().connection_string("backtrail_api")});
  const std::string finding_id = query::finding_id({kAccountA, uid});
  const query::Warehouse questions{api, read_hash_key(api).value()};
  EXPECT_TRUE(query::finding_detail(questions, schema::AccountScope::all(), finding_id, kNowUs)->held);
  EXPECT_EQ(listed(query::HoldState::kActive).rows.at(0).finding_id, finding_id);
  // It goes on elsewhere in time: the hold is still its.
  finding["service"]["eventFirstSeen"] = "2026-11-03T08:00:00Z";
  finding["service"]["eventLastSeen"] = "2026-11-03T09:00:00Z";
  finding["updatedAt"] = "2026-11-03T09:05:00Z";
  warehouse_.deliver(finding.dump());
  expire();
  EXPECT_EQ(warehouse_.value("SELECT finding_uid FROM finding WHERE finding_uid = '" + to_string(uid) + "'"),
            to_string(uid));
  EXPECT_EQ(warehouse_.count("finding_version WHERE finding_uid = '" + to_string(uid) + "'"), 2);
  EXPECT_EQ(kept(), "3:10-28:2 3:10-29:2");
  release(*id);
  EXPECT_FALSE(query::finding_detail(questions, schema::AccountScope::all(), finding_id, kNowUs)->held);
  expire();
  EXPECT_EQ(warehouse_.count("finding"), 0);
  held.finding_uid = schema::finding_uid({kAccountA, "guardduty/eu-west-1", "nothing"});
  EXPECT_EQ(schema::add_hold(warehouse_.maintenance(), held, kNowUs).error().code, Code::kNotFound);
}

// What comes late for a held day is evidence like the rest.
TEST_F(HoldTest, LateRecordsOfHeldDaysAreStored) {
  hold(kAccountA, {kToday - 300, kToday - 298});
  const auto pipeline = warehouse_.another_pipeline();
  const std::string at = day_text(299) + "T10:00:00Z";
  Json finding = guardduty_json(9, at);
  for (const char* name : {"eventFirstSeen", "eventLastSeen"}) finding["service"][name] = at;
  finding["createdAt"] = at;
  const std::string notice = fmt::format(
      R"({{"detail-type":"Scheduled Event","source":"aws.events","account":"111122223333","time":"{}","detail":{{}}}})",
      at);
  EXPECT_EQ(text_of(IngestWarehouse::deliver_to(
                *pipeline, warehouse_.delivery(event({.number = 100, .time = at}) + finding.dump() + notice))),
            "received 3: new 3");
  EXPECT_EQ(text_of(IngestWarehouse::deliver_to(
                *pipeline, warehouse_.delivery(event({.number = 101, .account = kAccountB, .time = at}) +
                                               event({.number = 102, .time = day_text(298) + "T10:00:00Z"})))),
            "received 2: quarantined 2");
  warehouse_.expire(kNowUs);
  EXPECT_EQ(warehouse_.count(fmt::format("api_event WHERE event_day = '{}'", day_text(299))), 1);
}

// A hold that was added while something is removed: what was there when it was added stays.
TEST_F(HoldTest, AHoldWaitsForTheRemovalUnderWayAndHoldsAllTheRest) {
  pqxx::connection connection(warehouse_.database().connection_string("backtrail_maintenance"));
  pqxx::work removal(connection);
  removal.exec("SELECT pg_advisory_xact_lock_shared(2, 3)");
  std::thread adder([&] { hold(kAccountA, days_ago(6, 5)); });
  while (warehouse_.count("pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM "
                          "pg_database WHERE datname = current_database())") == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_EQ(warehouse_.count("legal_hold"), 0);
  removal.commit();
  adder.join();
  expire();
  EXPECT_EQ(kept(), "3:10-28:2");
}

TEST_F(HoldTest, WhoWhyAndWhenStayAfterTheRelease) {
  const auto id = hold(kAccountA, days_ago(6, 5));
  hold("", days_ago(2, 1));
  EXPECT_EQ(listed(query::HoldState::kActive).total, 2);
  release(id);
  EXPECT_EQ(listed(query::HoldState::kActive).total, 1);
  EXPECT_EQ(listed(query::HoldState::kAll).total, 2);
  const auto released = listed(query::HoldState::kReleased);
  ASSERT_EQ(released.rows.size(), 1U);
  const query::HoldRow& row = released.rows[0];
  EXPECT_EQ(row.hold_id, to_string(id));
  EXPECT_EQ(row.account_id, kAccountA);
  EXPECT_EQ(row.from_day, "2026-10-28");
  EXPECT_EQ(row.to_day, "2026-10-29");
  EXPECT_EQ(row.created_by + row.reason + *row.released_by + *row.release_reason, "carolcase 17daveclosed");
  EXPECT_EQ(schema::release_hold(warehouse_.maintenance(), id, "again", "dave", kNowUs).error().code, Code::kNotFound);
  // Others' holds are nobody's business.
  const auto other = schema::AccountScope::of({kAccountB}).value();
  EXPECT_EQ(listed(query::HoldState::kAll, other).total, 0);
  EXPECT_EQ(listed(query::HoldState::kAll, schema::AccountScope::of({kAccountA}).value()).total, 1);
}

TEST_F(HoldTest, WhatCannotBeMeantIsRefused) {
  const NewHold good{.account_id = kAccountA, .days = {1, 2}, .reason = "case 17", .by = "carol"};
  const auto refused = [&](auto change) {
    NewHold hold = good;
    change(hold);
    return schema::add_hold(warehouse_.maintenance(), hold, kNowUs).has_value() ? "added" : "refused";
  };
  EXPECT_STREQ(refused([](NewHold&) {}), "added");
  EXPECT_STREQ(refused([](NewHold& hold) { hold.days = {2, 2}; }), "refused");
  EXPECT_STREQ(refused([](NewHold& hold) { hold.account_id = "1234"; }), "refused");
  EXPECT_STREQ(refused([](NewHold& hold) { hold.reason = ""; }), "refused");
  EXPECT_STREQ(refused([](NewHold& hold) { hold.by = ""; }), "refused");
  EXPECT_STREQ(refused([](NewHold& hold) { hold.reason = "\xff"; }), "refused");
  EXPECT_STREQ(refused([](NewHold& hold) { hold.reason.assign(schema::kHoldReasonMaxBytes, 'x'); }), "added");
  EXPECT_STREQ(refused([](NewHold& hold) { hold.reason.assign(schema::kHoldReasonMaxBytes + 1, 'x'); }), "refused");
  EXPECT_STREQ(refused([](NewHold& hold) { hold.by.assign(schema::kHoldNameMaxBytes, 'x'); }), "added");
  EXPECT_STREQ(refused([](NewHold& hold) { hold.by.assign(schema::kHoldNameMaxBytes + 1, 'x'); }), "refused");
  EXPECT_EQ(query::parse_hold_request(std::vector<query::Parameter>{{"state", "held"}}).error().code,
            Code::kBadParameter);
  EXPECT_EQ(query::parse_hold_request(std::vector<query::Parameter>{{"account", "1"}}).error().code,
            Code::kBadParameter);
  EXPECT_EQ(query::parse_hold_request(std::vector<query::Parameter>{{"state", "released"}}).value(),
            query::HoldState::kReleased);
}

}  // namespace
}  // namespace backtrail::ingest
