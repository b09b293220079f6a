// Partitions and clocks: odd days under load, retention racing with writers, several maintenance processes, a clock
// that jumps.
#include <atomic>
#include <gmock/gmock.h>
#include <random>
#include <thread>

#include "schema/retention/clock_guard.hpp"
#include "schema/retention/partitions.hpp"
#include "tests/db/ingest_warehouse.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;
using schema::kMicrosPerDay;
using ::testing::HasSubstr;

const std::int32_t kToday = schema::day_of(kNowUs);

// Days that a sender may come up with: about to expire, just expired, today, near and far ahead.
std::int32_t odd_day(std::mt19937& random) {
  switch (random() % 5) {
    case 0:
      return kToday - 95 + static_cast<std::int32_t>(random() % 8);
    case 1:
      return kToday - static_cast<std::int32_t>(random() % 40);
    case 2:
      return kToday + static_cast<std::int32_t>(random() % 35);
    case 3:
      return kToday + static_cast<std::int32_t>(random() % 3600);
    default:
      return kToday;
  }
}

TEST(OddTimesTest, WritersNeverLackAPartitionWhileRetentionDropsThem) {
  IngestWarehouse warehouse;
  warehouse.keep("all", 95);
  constexpr int kWriters = 3, kDeliveries = 40, kEvents = 12;
  std::vector<std::unique_ptr<Pipeline>> pipelines;
  for (int i = 0; i < kWriters; ++i) pipelines.push_back(warehouse.another_pipeline());
  // The collectors believe in 95 days for a while longer.
  ASSERT_TRUE(schema::set_retention(warehouse.maintenance(), "all", 90));
  std::atomic<bool> writing{true};
  std::atomic<int> kept{0}, runs{0}, left{0};
  std::vector<std::thread> writers, maintainers;
  for (int who = 0; who < kWriters; ++who)
    writers.emplace_back([&, who] {
      std::mt19937 random(static_cast<unsigned>(who));
      for (int i = 0; i < kDeliveries; ++i) {
        std::string body;
        for (int n = 0; n < kEvents; ++n) {
          const std::int32_t day = odd_day(random);
          if (day >= kToday - 90) ++kept;
          body +=
              event({.number = (who * kDeliveries + i) * kEvents + n, .time = schema::format_day(day) + "T10:00:00Z"});
        }
        EXPECT_EQ(
            text_of(IngestWarehouse::deliver_to(*pipelines[static_cast<std::size_t>(who)], warehouse.delivery(body))),
            fmt::format("received {0}: new {0}", kEvents));
      }
    });
  for (int i = 0; i < 2; ++i)
    maintainers.emplace_back([&] {
      while (writing) {
        ++(warehouse.expire(kNowUs).another_runs ? left : runs);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    });
  for (auto& writer : writers) writer.join();
  writing = false;
  for (auto& maintainer : maintainers) maintainer.join();
  EXPECT_GT(runs, 0);

  warehouse.expire(kNowUs);
  EXPECT_EQ(warehouse.count("api_event"), kept) << "neither early nor late";
  EXPECT_EQ(warehouse.count(fmt::format("api_event WHERE event_day < '{}'", schema::format_day(kToday - 90))), 0);
  EXPECT_EQ(warehouse.count("quarantine"), 0);
  EXPECT_EQ(warehouse.count("event_mention"), kept) << "each names a bucket";
  EXPECT_EQ(warehouse.count("event_partition AS a JOIN event_partition AS b ON a.from_day < b.to_day AND b.from_day < "
                            "a.to_day AND a.partition_name <> b.partition_name"),
            0);
}

// A process whose clock is another one cuts the year elsewhere; the rest of our range must be made all the same.
TEST(OddTimesTest, CutsOfAnotherProcessLeaveNoHole) {
  IngestWarehouse warehouse;
  schema::Partitions here(warehouse.ingest()), there(warehouse.ingest());
  ASSERT_TRUE(there.ensure({kToday - 400}, kToday));
  ASSERT_TRUE(here.ensure({kToday - 700, kToday - 400, kToday - 399}, kToday - 350));
  std::vector<std::thread> makers;
  for (int who = 0; who < 4; ++who)
    makers.emplace_back([&, who] {
      schema::Partitions partitions(warehouse.ingest());
      std::vector<std::int32_t> days;
      for (std::int32_t day = kToday - 1500; day < kToday + 600; day += 10 + who) days.push_back(day);
      const auto made = partitions.ensure(days, kToday + who * 45 - 90);
      EXPECT_TRUE(made) << made.error().detail;
    });
  for (auto& maker : makers) maker.join();
  EXPECT_EQ(warehouse.count("event_partition AS a JOIN event_partition AS b ON a.from_day < b.to_day AND b.from_day < "
                            "a.to_day AND a.partition_name <> b.partition_name"),
            0);
}

TEST(OddTimesTest, OneRetentionRunsAtATime) {
  IngestWarehouse warehouse;
  warehouse.deliver(event({.number = 1, .time = schema::format_day(kToday - 5) + "T10:00:00Z"}));
  {
    pqxx::connection connection(warehouse.database().connection_string("backtrail_maintenance"));
    pqxx::work other(connection);
    ASSERT_TRUE(other.exec("SELECT pg_try_advisory_xact_lock(2, 2)")[0][0].as<bool>());
    const auto report = warehouse.expire(kNowUs + 100 * kMicrosPerDay);
    EXPECT_TRUE(report.another_runs);
    EXPECT_EQ(warehouse.count("api_event"), 1);
  }
  // Its end, however it came, is the end of its lock.
  EXPECT_EQ(warehouse.expire(kNowUs + 100 * kMicrosPerDay).partitions_dropped, 1U);
}

// Writers stand behind a dropper for as long as it waits: its patience is a setting of its transaction.
TEST(OddTimesTest, ADropperWaitsInShortTriesAndThenGivesUp) {
  IngestWarehouse warehouse;
  warehouse.deliver(event({.number = 1, .time = schema::format_day(kToday - 5) + "T10:00:00Z"}));
  pqxx::connection connection(warehouse.database().connection_string("backtrail_ingest"));
  pqxx::work writer(connection);
  writer.exec("LOCK TABLE ONLY backtrail.api_event IN ROW EXCLUSIVE MODE");
  std::atomic<bool> running{true};
  std::thread dropper([&] {
    EXPECT_EQ(warehouse.expire(kNowUs + 100 * kMicrosPerDay).busy, 1U);
    running = false;
  });
  int waits = 0, longest_ms = 0;
  bool waited = false;
  while (running) {
    const auto row = warehouse.rows(
        "SELECT (extract(epoch FROM clock_timestamp() - max(waitstart)) * 1000)::integer FROM pg_locks WHERE NOT "
        "granted "
        "AND mode = 'AccessExclusiveLock' AND database = (SELECT oid FROM pg_database WHERE datname = "
        "current_database())");
    const bool waits_now = !row[0][0].is_null();
    if (waits_now && !waited) ++waits;
    if (waits_now) longest_ms = std::max(longest_ms, row[0][0].as<int>());
    waited = waits_now;
  }
  dropper.join();
  EXPECT_LE(waits, schema::kDropTries);
  RecordProperty("longest_wait_seen_ms", longest_ms);
  EXPECT_EQ(warehouse.count("api_event"), 1);
}

// --- the clock

class ClockTest : public ::testing::Test {
 protected:
  // The wall clock and the database's, as maintenance has them; and something that expired by it 30 days ago.
  ClockTest() {
    warehouse_.keep("quarantine", 10);
    warehouse_.deliver("garbage");
    warehouse_.value(fmt::format("UPDATE quarantine SET received_at = '{}' RETURNING 1", time(40)));
    warehouse_.value(fmt::format("UPDATE retention_state SET trusted_day = '{}' RETURNING 1",
                                 schema::format_day(schema::day_of(now_us_) - 100)));
  }
  std::string time(int days_ago) const { return schema::format_rfc3339(now_us_ - days_ago * kMicrosPerDay); }
  schema::RetentionReport run(bool confirmed = false) {
    return schema::run_retention(warehouse_.maintenance(), {.now_us = now_us_, .clock_confirmed = confirmed}).value();
  }
  std::string state() {
    return warehouse_.value("SELECT trusted_day || ' ' || (suspected_at IS NOT NULL) FROM retention_state");
  }
  const std::int64_t now_us_ = schema::now_us();
  const std::string today_ = schema::format_day(schema::day_of(now_us_));
  IngestWarehouse warehouse_;
};

TEST_F(ClockTest, AJumpAheadRemovesNothing) {
  const auto report = run();
  EXPECT_THAT(report.clock_doubt, HasSubstr("100 days after the last day that was certain"));
  EXPECT_EQ(report.quarantine_deleted, 0U);
  EXPECT_EQ(state(), schema::format_day(schema::day_of(now_us_) - 100) + " true");
  EXPECT_EQ(run().quarantine_deleted, 0U) << "asking again is no proof";
  EXPECT_EQ(run(true).quarantine_deleted, 1U) << "but a person's word is";
  EXPECT_EQ(state(), today_ + " false");
  EXPECT_EQ(run().clock_doubt, "");
}

TEST_F(ClockTest, ARecordOfThatTimeIsAWitness) {
  warehouse_.keep("event_management", std::nullopt);
  const auto receive = [&](int number, std::int64_t happened_us, std::int64_t received_us) {
    auto delivery = warehouse_.delivery(event({.number = number, .time = schema::format_rfc3339(happened_us)}));
    delivery.received_us = received_us;
    EXPECT_EQ(text_of(warehouse_.deliver(std::move(delivery))), "received 1: new 1");
  };
  receive(1, now_us_ - 3 * kMicrosPerDay, now_us_);
  EXPECT_NE(run().clock_doubt, "");
  receive(2, now_us_ + schema::kMicrosPerHour, now_us_);
  EXPECT_NE(run().clock_doubt, "") << "one from the future proves nothing";
  receive(3, now_us_ - schema::kMicrosPerHour, now_us_ - 50 * kMicrosPerDay);
  EXPECT_NE(run().clock_doubt, "") << "nor one that was from the future when it came";
  receive(4, now_us_ - kMicrosPerDay, now_us_);
  EXPECT_EQ(run().clock_doubt, "");
  EXPECT_EQ(state(), today_ + " false");
  EXPECT_EQ(warehouse_.count("quarantine"), 0);
}

TEST_F(ClockTest, WhatWasRemovedIsNoted) {
  run(true);
  const auto removals = schema::list_removals(warehouse_.maintenance(), 10).value();
  ASSERT_EQ(removals.size(), 1U);
  EXPECT_EQ(removals[0].what, "quarantine");
  EXPECT_EQ(removals[0].from_day, std::nullopt);
  EXPECT_EQ(removals[0].to_day, schema::format_day(schema::day_of(now_us_) - 9));
  EXPECT_EQ(removals[0].row_count, 1);
  EXPECT_TRUE(removals[0].counted);
}

}  // namespace
}  // namespace backtrail::ingest
