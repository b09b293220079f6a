// Merging while others write, read, seal, verify and remove, and interrupted at every statement: no event is lost,
// doubled or overlooked.
#include <atomic>
#include <future>
#include <random>
#include <set>
#include <thread>

#include "tests/db/merge_fixture.hpp"

namespace backtrail::ingest::seal {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

using MergeRaces = MergeTest;

// A connection that is lost, or anything else that ends a run, at any statement.
TEST_F(MergeRaces, WhateverHappensAtAnyStatementNothingIsLost) {
  deliver_parts();
  SavedParts saved(warehouse_);
  const auto before = contents();
  const std::string bytes = bytes_of_all();
  int statements = 0;
  MergeOptions count;
  count.before_statement = [&](std::string_view) { ++statements; };
  merge(count);
  ASSERT_GT(statements, 20);
  const std::string merged = parts();
  for (const bool killed : {true, false}) {
    int seen = 0, undone = 0;
    for (int at = 1; at <= statements; ++at) {
      saved.restore();
      int n = 0;
      MergeOptions broken;
      broken.before_statement = [&](std::string_view) {
        if (++n != at) return;
        ++seen;
        if (!killed) throw std::runtime_error("something unforeseen");
        warehouse_.value(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE usename = "
            "'backtrail_maintenance' AND datname = current_database()");
      };
      EXPECT_FALSE(try_merge(broken).has_value()) << at;
      if (warehouse_.count("event_part") == 7) {
        ++undone;
        EXPECT_EQ(bytes_of_all(), bytes) << at;
      } else {
        EXPECT_EQ(parts(), merged) << at;
      }
      EXPECT_TRUE(contents() == before) << at;
      EXPECT_THAT(damage(), IsEmpty()) << at;
      merge();
      EXPECT_EQ(parts(), merged) << at;
      EXPECT_EQ(directories(), 1) << at;
    }
    EXPECT_EQ(seen, statements);
    EXPECT_GT(undone, 5);
  }
  EXPECT_TRUE(contents() == before);
}

TEST_F(MergeRaces, WhatComesLateMeanwhileIsToldFromDuplicates) {
  deliver_parts();
  bool once = false;
  MergeOptions options;
  options.before_statement = [&](std::string_view statement) {
    if (statement != "event_lock_day_alone" || std::exchange(once, true)) return;
    EXPECT_EQ(text_of(warehouse_.deliver(event({.number = 1}) + event({.number = 101, .time = "2026-11-02T09:00:00Z"}) +
                                         event({.number = 7, .agent = "changed"}) + event({.number = 950}))),
              "received 4: new 1 duplicates 2 variants 1");
  };
  EXPECT_EQ(merge(options).parts_after, 3U);
  EXPECT_TRUE(once);
  EXPECT_EQ(rows_of_day(), 2);
  EXPECT_EQ(contents().size(), kEvents);
}

// A writer that has to wait for the day finds the merged parts.
TEST_F(MergeRaces, WhoWaitsForTheDayLooksIntoTheMergedParts) {
  deliver_parts();
  std::future<std::string> late;
  MergeOptions options;
  options.before_statement = [&](std::string_view statement) {
    if (statement != "merge_delete_parts" || late.valid()) return;
    late = std::async(std::launch::async, [&] {
      return text_of(
          warehouse_.deliver(events(1, 100) + event({.number = 8, .agent = "changed"}) + event({.number = 951})));
    });
    while (warehouse_.count("pg_locks WHERE locktype = 'advisory' AND NOT granted") == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  };
  EXPECT_EQ(merge(options).parts_after, 3U);
  ASSERT_TRUE(late.valid());
  EXPECT_EQ(late.get(), "received 102: new 1 duplicates 100 variants 1");
  EXPECT_EQ(contents().size(), kEvents);
}

// Two collectors send the same events again and again while the day is sealed and merged.
TEST_F(MergeRaces, WritersASealerAndAMergerThatRaceStoreEverythingOnce) {
  constexpr int kIds = 300, kDeliveries = 40, kEach = 25;
  std::atomic<int> fresh = 0, received = 0, writing = 2;
  std::set<int> ids;
  std::vector<std::vector<std::string>> bodies(2);
  std::mt19937 random(11);
  for (auto& sent : bodies)
    for (int i = 0; i < kDeliveries; ++i) {
      const int first = 1 + static_cast<int>(random() % (kIds - kEach));
      for (int id = first; id < first + kEach; ++id) ids.insert(id);
      sent.push_back(events(first, kEach));
    }
  std::vector<std::thread> writers;
  for (const auto& sent : bodies)
    writers.emplace_back([&, &mine = sent] {
      const auto pipeline = warehouse_.another_pipeline();
      for (const auto& body : mine) {
        const auto receipt = IngestWarehouse::deliver_to(*pipeline, warehouse_.delivery(body));
        EXPECT_FALSE(receipt.error.has_value());
        fresh += static_cast<int>(receipt.fresh);
        received += static_cast<int>(receipt.fresh + receipt.duplicates);
      }
      --writing;
    });
  std::uint64_t merged = 0;
  while (writing > 0) {
    // Writers may hold the day for longer than these wait.
    (void)seal_day(warehouse_.maintenance(), key_, kDay, {.now_us = kNowUs});
    if (const auto report = try_merge()) merged += report->parts_before;
  }
  for (auto& writer : writers) writer.join();
  seal();
  merge();
  EXPECT_GT(merged, 4U) << "nothing was merged meanwhile";
  EXPECT_EQ(received, 2 * kDeliveries * kEach);
  EXPECT_EQ(fresh, static_cast<int>(ids.size()));
  EXPECT_EQ(contents().size(), ids.size());
  EXPECT_EQ(rows_of_day(), 0);
  EXPECT_EQ(warehouse_.count("event_part"), 1);
  EXPECT_EQ(directories(), 1);
  EXPECT_THAT(damage(), IsEmpty());
}

// A reader of one snapshot sees the old parts, all of them and nothing else, however far the merging is.
TEST_F(MergeRaces, AReaderOfOneSnapshotSeesEachEventOnce) {
  deliver_parts();
  const auto before = contents();
  const std::string old_parts = parts();
  auto& database = warehouse_.maintenance();
  const auto read = database.read(schema::AccountScope::all(), [&](schema::Transaction& tx) -> schema::Result<int> {
    const auto heads = schema::list_parts(tx, kDay, kDay, std::nullopt);
    EXPECT_EQ(heads.size(), 7U);
    MergeOptions options;
    options.before_statement = [&](std::string_view) {
      const auto others = contents();  // of a reader that begins now
      EXPECT_TRUE(others == before);
    };
    EXPECT_EQ(merge(options).parts_after, 3U);
    EXPECT_NE(parts(), old_parts);
    EXPECT_TRUE(schema::list_parts(tx, kDay, kDay, std::nullopt) == heads);
    const auto seen = read_contents(tx);
    EXPECT_TRUE(seen.has_value() && *seen == before);
    return 0;
  });
  EXPECT_TRUE(read.has_value()) << (read ? "" : read.error().detail);
  EXPECT_TRUE(contents() == before);
}

TEST_F(MergeRaces, VerifyTakesNoMergedPartForADamagedOne) {
  deliver_parts();
  VerifyOptions options{0, 40'000};
  options.progress = [&, once = false](std::uint64_t, std::uint64_t) mutable {
    if (!std::exchange(once, true)) merge();
  };
  const auto report = verify_parts(warehouse_.maintenance(), key_, options);
  ASSERT_TRUE(report.has_value()) << report.error().detail;
  EXPECT_THAT(report->damaged, IsEmpty());
  EXPECT_EQ(report->events, kEvents);
  EXPECT_EQ(report->parts, 6U) << "five old ones of the first account, and the merged one of the second";
}

TEST_F(MergeRaces, WritersThatHoldTheDayAreNotPushedAside) {
  deliver_parts();
  const std::string before = bytes_of_all();
  pqxx::connection connection(warehouse_.database().admin_connection_string());
  pqxx::work writer(connection);
  writer.exec(fmt::format("SELECT pg_advisory_xact_lock_shared(1, {})", kDay));
  const auto report = try_merge();
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, schema::Code::kTimeout);
  EXPECT_EQ(bytes_of_all(), before);
  writer.commit();
  EXPECT_EQ(merge().parts_after, 3U);
}

TEST_F(MergeRaces, NobodyMergesADayThatSomebodySeals) {
  deliver_parts();
  const std::string before = bytes_of_all();
  pqxx::connection connection(warehouse_.database().admin_connection_string());
  pqxx::work other(connection);
  other.exec(fmt::format("SELECT pg_advisory_xact_lock(4, {})", kDay));
  EXPECT_TRUE(merge().another_seals);
  EXPECT_EQ(bytes_of_all(), before);
}

// Another part came between the snapshot and the lock, and parts went.
TEST_F(MergeRaces, WhatChangesMeanwhileIsTriedAgain) {
  deliver_parts();
  bool once = false;
  MergeOptions options;
  options.before_statement = [&](std::string_view statement) {
    if (statement != "part_heads_insert" || std::exchange(once, true)) return;
    warehouse_.value("UPDATE event_part SET part_no = 5 WHERE account_id = '111122223333' AND part_no = 4");
    warehouse_.value("UPDATE event_piece SET part_no = 5 WHERE account_id = '111122223333' AND part_no = 4");
  };
  EXPECT_EQ(merge(options).parts_after, 3U);
  EXPECT_THAT(parts(), HasSubstr("111122223333:6:1:156"));
  EXPECT_EQ(contents().size(), kEvents);
  EXPECT_THAT(damage(), IsEmpty());

  warehouse_.deliver(events(601, 5));
  seal();
  once = false;
  options.before_statement = [&](std::string_view statement) {
    if (statement != "event_lock_day_alone" || std::exchange(once, true)) return;
    warehouse_.value("DELETE FROM event_part WHERE n = 5");
    warehouse_.value("DELETE FROM event_piece WHERE account_id = '111122223333' AND part_no = 8");
  };
  EXPECT_EQ(merge(options).parts_after, 0U) << "one part of the account and class is left";
  EXPECT_EQ(contents().size(), kEvents);
  EXPECT_THAT(damage(), IsEmpty());
}

// While its parts are merged, a day is dropped by nobody, and what a class loses meanwhile is not lost to the others.
TEST_F(MergeRaces, AClassThatExpiresMeanwhileGoes) {
  deliver_parts();
  warehouse_.keep("event_data", 1);
  bool once = false;
  MergeOptions options;
  options.before_statement = [&](std::string_view statement) {
    if (statement != "event_lock_day_alone" || std::exchange(once, true)) return;
    EXPECT_EQ(warehouse_.expire(kNowUs + schema::kMicrosPerDay).events_deleted, 70U);
  };
  EXPECT_EQ(merge(options).parts_after, 2U);
  EXPECT_EQ(parts(), "111122223333:5:1:156 444455556666:2:1:30");
  EXPECT_EQ(warehouse_.count("event_piece AS x WHERE NOT EXISTS (SELECT FROM event_part AS p WHERE p.day = x.day AND "
                             "p.account_id = x.account_id AND p.part_no = x.part_no)"),
            0);
  EXPECT_THAT(damage(), IsEmpty());
}

}  // namespace
}  // namespace backtrail::ingest::seal
