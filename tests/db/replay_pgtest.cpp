// Quarantined records that are handed in again: resolved, refused once more, with the sender's rights, exactly once.
#include <gtest/gtest.h>
#include <thread>

#include "ingest/quarantine/replay.hpp"
#include "tests/db/ingest_warehouse.hpp"
#include "tests/support/compressed.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;
using schema::AccountScope;

class ReplayTest : public ::testing::Test {
 protected:
  std::vector<QuarantineKey> records(const std::string& condition = "true") {
    std::vector<QuarantineKey> keys;
    for (const auto& row : warehouse_.rows("SELECT account_id, quarantine_id FROM quarantine WHERE " + condition)) {
      QuarantineKey key{row[0].c_str(), {}};
      schema::parse_uuid(row[1].c_str(), key.id);
      keys.push_back(key);
    }
    return keys;
  }
  ReplayReport replay_all(const std::string& condition = "true") {
    const auto report = replay(warehouse_.pipeline(), warehouse_.ingest(), records(condition), std::chrono::minutes(1));
    if (!report) throw std::runtime_error(report.error().detail);
    EXPECT_TRUE(report->receipt.balances());
    return *report;
  }
  std::string state() {
    return warehouse_.value(
        "SELECT reason || ':' || tries || ':' || (resolved_at IS NOT NULL) FROM quarantine ORDER BY position");
  }
  // A record that waits for a longer retention.
  std::string old_event(int number) { return event({.number = number, .time = "2020-01-02T10:00:00Z"}); }

  IngestWarehouse warehouse_;
};

TEST_F(ReplayTest, AfterAFixTheRecordIsStoredOnceAndResolved) {
  warehouse_.deliver(old_event(1) + event({.number = 2}));
  EXPECT_EQ(state(), "too_old:0:false");
  warehouse_.keep("all", std::nullopt);
  const auto report = replay_all();
  EXPECT_EQ(report.resolved, 1U);
  EXPECT_EQ(report.still_quarantined + report.failed + report.not_open + report.not_tried, 0U);
  EXPECT_EQ(text_of(report.receipt), "received 1: new 1");
  EXPECT_EQ(state(), "too_old:1:true");
  EXPECT_EQ(warehouse_.count("api_event"), 2);
  EXPECT_EQ(warehouse_.value("SELECT door || ' ' || key_id || ' ' || new FROM delivery WHERE door = 'replay'"),
            "replay testkey 1");
  // Once more: nothing is left to do.
  const auto again = replay_all();
  EXPECT_EQ(again.not_open, 1U);
  EXPECT_EQ(text_of(again.receipt), "received 0:");
  EXPECT_EQ(warehouse_.count("api_event"), 2);
}

TEST_F(ReplayTest, WhatIsStillBadStaysWithItsTries) {
  warehouse_.deliver("{\"a\":1,\"a\":2}\n" + old_event(1));
  for (const char* tries : {"1", "2"}) {
    const auto report = replay_all();
    EXPECT_EQ(report.still_quarantined, 2U);
    EXPECT_EQ(text_of(report.receipt), "received 2: quarantined 2");
    EXPECT_EQ(state(), fmt::format("dup_key:{0}:false too_old:{0}:false", tries));
  }
  EXPECT_EQ(warehouse_.count("quarantine"), 2);
  EXPECT_EQ(warehouse_.count("quarantine WHERE last_tried_at IS NOT NULL AND parser_version <> ''"), 2);
}

TEST_F(ReplayTest, AnotherReasonThanBeforeIsTheReasonNow) {
  warehouse_.deliver(old_event(1));
  warehouse_.value("UPDATE quarantine SET reason = 'unknown_shape', kind = 'unknown', parser_version = '0.0.1'");
  EXPECT_EQ(replay_all().still_quarantined, 1U);
  EXPECT_EQ(warehouse_.value("SELECT reason || ':' || kind FROM quarantine"), "too_old:event");
  EXPECT_EQ(warehouse_.count("quarantine WHERE parser_version = '0.0.1'"), 0);
}

// A container that can be opened by now: its records are stored or quarantined one by one.
TEST_F(ReplayTest, AContainerIsResolvedByTheFatesOfItsRecords) {
  const std::string packed = gzip(event({.number = 1}) + "\ngarbage\n" + event({.number = 2}));
  warehouse_.deliver(packed.substr(0, packed.size() - 4));
  ASSERT_EQ(state(), "encoding:0:false");
  warehouse_.value("ALTER TABLE quarantine DISABLE ROW LEVEL SECURITY; UPDATE quarantine SET raw = decode('" +
                   schema::hex(reinterpret_cast<const std::uint8_t*>(packed.data()), packed.size()) + "', 'hex')");
  const auto report = replay_all();
  EXPECT_EQ(report.resolved, 1U);
  EXPECT_EQ(text_of(report.receipt), "received 3: new 2 quarantined 1");
  EXPECT_EQ(warehouse_.value("SELECT reason || ':' || door || ':' || (resolved_at IS NULL) FROM quarantine ORDER BY 1"),
            "encoding:raw:false syntax:replay:true");
}

TEST_F(ReplayTest, TheSendersRightsCountWhoeverReplays) {
  const auto only_a = AccountScope::of({kAccountA}).value();
  warehouse_.deliver(event({.number = 1, .account = kAccountB}) + old_event(2), only_a);
  warehouse_.keep("all", std::nullopt);
  const auto report = replay_all();
  EXPECT_EQ(report.resolved, 1U);
  EXPECT_EQ(report.still_quarantined, 1U);
  EXPECT_EQ(state(), "account_mismatch:1:false too_old:1:true");
  EXPECT_EQ(warehouse_.value("SELECT DISTINCT account_id FROM api_event"), kAccountA);
  // A scope that nobody wrote grants nothing.
  for (const char* scope : {"", "all", "111122223333,", "*,444455556666", "444455556666 "}) {
    warehouse_.value(fmt::format("UPDATE quarantine SET scope = '{}' WHERE reason = 'account_mismatch'", scope));
    EXPECT_EQ(replay_all("reason = 'account_mismatch'").still_quarantined, 1U) << scope;
  }
  warehouse_.value("UPDATE quarantine SET scope = '444455556666' WHERE reason = 'account_mismatch'");
  EXPECT_EQ(replay_all("reason = 'account_mismatch'").resolved, 1U);
}

TEST_F(ReplayTest, TheSameBytesAgainOpenAResolvedRecord) {
  warehouse_.deliver(old_event(1));
  warehouse_.keep("all", std::nullopt);
  EXPECT_EQ(replay_all().resolved, 1U);
  warehouse_.keep("all", 90);
  warehouse_.deliver(old_event(1));
  EXPECT_EQ(state(), "too_old:1:false");
  EXPECT_EQ(warehouse_.count("quarantine"), 1);
}

TEST_F(ReplayTest, TwoAtOnceStoreOnce) {
  std::string body;
  for (int number = 1; number <= 200; ++number) body += old_event(number) + "\n";
  warehouse_.deliver(body);
  warehouse_.keep("all", std::nullopt);
  warehouse_.pipeline();
  const auto all = records();
  ReplayReport reports[2];
  std::thread other(
      [&] { reports[1] = *replay(warehouse_.pipeline(), warehouse_.ingest(), all, std::chrono::minutes(1)); });
  reports[0] = *replay(warehouse_.pipeline(), warehouse_.ingest(), all, std::chrono::minutes(1));
  other.join();
  EXPECT_EQ(reports[0].resolved + reports[1].resolved, 200U);
  EXPECT_EQ(reports[0].not_open + reports[1].not_open, 200U);
  EXPECT_EQ(reports[0].receipt.fresh + reports[1].receipt.fresh, 200U);
  EXPECT_EQ(warehouse_.count("api_event"), 200);
}

// A replay may be answered from the spool, before anybody knows what becomes of the record.
TEST_F(ReplayTest, ARecordThatIsRefusedAfterItsReplayWasAnsweredIsOpenAgain) {
  warehouse_.deliver(old_event(1));
  const auto keys = records();
  warehouse_.value("UPDATE quarantine SET resolved_at = now()");
  Delivery late = warehouse_.delivery(old_event(1));
  late.replay_of = keys.at(0);
  warehouse_.deliver(std::move(late));
  EXPECT_EQ(state(), "too_old:1:false");
  EXPECT_EQ(warehouse_.count("quarantine"), 1);
}

TEST_F(ReplayTest, NothingIsBegunAfterTheTimeIsUp) {
  warehouse_.deliver(old_event(1) + old_event(2));
  const auto report = *replay(warehouse_.pipeline(), warehouse_.ingest(), records(), std::chrono::milliseconds(0));
  EXPECT_EQ(report.not_tried, 2U);
  EXPECT_EQ(state(), "too_old:0:false too_old:0:false");
}

// The evidence itself stays as it was received, whatever a replay would like.
TEST_F(ReplayTest, TheIngestRoleCannotChangeWhatWasReceived) {
  warehouse_.deliver(old_event(1));
  for (const char* column : {"raw = ''", "sha256 = ''", "received_at = now()", "door = ''", "key_id = ''",
                             "scope = '*'", "account_id = ''", "origin = ''", "bytes = 0"}) {
    pqxx::connection connection(warehouse_.database().connection_string("backtrail_ingest"));
    pqxx::work work(connection);
    EXPECT_THROW(work.exec(fmt::format("UPDATE quarantine SET {}", column)), pqxx::insufficient_privilege) << column;
  }
}

TEST_F(ReplayTest, QuarantineExpiresByRetention) {
  warehouse_.deliver(old_event(1));
  warehouse_.expire(kNowUs + 89 * schema::kMicrosPerDay);
  EXPECT_EQ(warehouse_.count("quarantine"), 1);
  EXPECT_EQ(warehouse_.count("delivery_kind"), 1);
  warehouse_.expire(kNowUs + 91 * schema::kMicrosPerDay);
  EXPECT_EQ(warehouse_.count("quarantine"), 0);
  EXPECT_EQ(warehouse_.count("delivery"), 0);
  EXPECT_EQ(warehouse_.count("delivery_kind"), 0);
}

}  // namespace
}  // namespace backtrail::ingest
