// Merging of parts against a real database: the same events, whatever happens in between and whoever writes or reads at
// the same time, in fewer parts and one directory.
#include <algorithm>
#include <atomic>
#include <future>
#include <gmock/gmock.h>
#include <random>
#include <set>
#include <thread>

#include "ingest/seal/merger.hpp"
#include "ingest/seal/part_writer.hpp"
#include "ingest/seal/unseal.hpp"
#include "ingest/seal/verify.hpp"
#include "schema/parts/part_store.hpp"
#include "tests/db/ingest_warehouse.hpp"

namespace backtrail::ingest::seal {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int32_t kDay = 20'759;  // 2026-11-02
constexpr std::uint64_t kEvents = 256;
constexpr const char* kTables[] = {"event_part", "event_piece", "event_directory"};

using Contents = std::vector<std::pair<std::string, schema::SealedEvent>>;  // of accounts

// The tables of parts as they were, to begin from again.
class SavedParts {
 public:
  explicit SavedParts(IngestWarehouse& warehouse)
      : connection_(warehouse.database().admin_connection_string()), session_(connection_) {
    session_.exec("SET search_path = backtrail");
    for (const char* table : kTables)
      session_.exec(fmt::format("CREATE TEMP TABLE saved_{0} AS SELECT * FROM {0}", table));
  }
  void restore() {
    for (const char* table : kTables)
      session_.exec(fmt::format("DELETE FROM {0}; INSERT INTO {0} SELECT * FROM saved_{0}", table));
  }

 private:
  pqxx::connection connection_;
  pqxx::nontransaction session_;
};

class MergeTest : public ::testing::Test {
 protected:
  MergeTest() {
    const pqxx::binarystring bytes(warehouse_.rows("SELECT hash_key FROM warehouse_key")[0][0]);
    std::copy_n(bytes.data(), key_.bytes.size(), key_.bytes.begin());
  }

  // Three seals of a day: three and two parts of an account, of two classes, and two parts of another account.
  void deliver_parts() {
    warehouse_.deliver(events(1, 100));
    warehouse_.deliver(events(201, 40, {.api = "PutObject", .category = "Data"}));
    warehouse_.deliver(events(301, 20, {.account = kAccountB, .time = "2026-11-02T23:59:59.999999Z"}));
    seal();
    warehouse_.deliver(events(101, 50, {.time = "2026-11-02T09:00:00Z"}));
    warehouse_.deliver(events(241, 30, {.api = "PutObject", .category = "Data"}));
    warehouse_.deliver(event({.number = 5, .agent = "another content"}));
    warehouse_.deliver(events(321, 10, {.account = kAccountB}));
    seal();
    warehouse_.deliver(events(501, 5));
    seal();
    ASSERT_EQ(warehouse_.count("event_part"), 7);
    ASSERT_EQ(directories(), 3);
  }
  void seal() {
    const auto report = seal_day(warehouse_.maintenance(), key_, kDay, {.now_us = kNowUs});
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().detail);
  }
  schema::Result<MergeReport> try_merge(const MergeOptions& options = {}) {
    return merge_day(warehouse_.maintenance(), key_, kDay, options);
  }
  MergeReport merge(const MergeOptions& options = {}) {
    const auto report = try_merge(options);
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().detail);
    return report ? *report : MergeReport{};
  }
  std::vector<std::string> damage() {
    const auto report = verify_parts(warehouse_.maintenance(), key_, {0, 40'000});
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().detail);
    std::vector<std::string> texts;
    for (const auto& damaged : report->damaged) texts.push_back(damaged.what);
    return texts;
  }
  static schema::Result<Contents> read_contents(schema::Transaction& tx) {
    Contents contents;
    for (const auto& head : schema::list_parts(tx, kDay, kDay, std::nullopt)) {
      const auto events = schema::read_part_events(tx, head);
      if (!events) return events.error();
      for (const auto& event : *events) contents.emplace_back(head.key.account_id, event);
    }
    std::sort(contents.begin(), contents.end(), [](const auto& a, const auto& b) {
      return std::tie(a.first, a.second.event_id, a.second.content_fp) <
             std::tie(b.first, b.second.event_id, b.second.content_fp);
    });
    return contents;
  }
  // Every event of the day's parts, with everything that is known of it.
  Contents contents() { return warehouse_.maintenance().read(schema::AccountScope::all(), read_contents).value(); }
  std::string parts() const {
    return warehouse_.value(
        "SELECT account_id || ':' || part_no || ':' || event_class || ':' || n FROM event_part ORDER BY account_id, "
        "part_no");
  }
  std::string bytes_of_all() const {
    std::string text;
    for (const char* table : kTables)
      text +=
          warehouse_.value(fmt::format("SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {} AS t", table));
    return text;
  }
  int directories() const { return std::stoi(warehouse_.value("SELECT count(DISTINCT run_no) FROM event_directory")); }
  int rows_of_day() const { return warehouse_.count("api_event WHERE event_day = '2026-11-02'"); }

  IngestWarehouse warehouse_;
  schema::HashKey key_;
};

TEST_F(MergeTest, PartsBecomeOneOfEachAccountAndClass) {
  deliver_parts();
  const auto before = contents();
  ASSERT_EQ(before.size(), kEvents);
  const auto report = merge();
  EXPECT_EQ(report.events, kEvents);
  EXPECT_EQ(report.parts_before, 7U);
  EXPECT_EQ(report.parts_after, 3U);
  EXPECT_EQ(report.runs, 1U);
  EXPECT_EQ(report.directories_before, 3U);
  EXPECT_THAT(report.refused, IsEmpty());
  EXPECT_EQ(parts(), "111122223333:5:1:156 111122223333:6:2:70 444455556666:2:1:30");
  EXPECT_EQ(directories(), 1);
  EXPECT_TRUE(contents() == before);
  EXPECT_THAT(damage(), IsEmpty());

  const std::string bytes = bytes_of_all();
  const auto again = merge();
  EXPECT_EQ(again.runs + again.parts_after + again.directories_before, 0U);
  EXPECT_EQ(bytes_of_all(), bytes);

  // Both contents of an id, duplicates and new ones are told apart as before; what comes late makes a part again.
  EXPECT_EQ(text_of(warehouse_.deliver(events(1, 100) + events(101, 50, {.time = "2026-11-02T09:00:00Z"}) +
                                       event({.number = 5, .agent = "another content"}) +
                                       event({.number = 6, .agent = "another content"}) + event({.number = 900}))),
            "received 153: new 1 duplicates 151 variants 1");
  seal();
  EXPECT_EQ(merge().parts_before, 2U);
  EXPECT_THAT(parts(), HasSubstr("111122223333:8:1:158"));
  EXPECT_THAT(damage(), IsEmpty());
  EXPECT_EQ(unseal_day(warehouse_.maintenance(), kDay, std::nullopt)->events, kEvents + 2);
  EXPECT_EQ(static_cast<std::uint64_t>(rows_of_day()), kEvents + 2);
  EXPECT_EQ(directories(), 0);
}

TEST_F(MergeTest, RunsOfFewPartsGiveTheSameAndEndWhenAsked) {
  deliver_parts();
  const auto before = contents();
  MergeOptions options;
  options.run_events = 1;
  options.stop = [] { return true; };
  const auto first = merge(options);
  EXPECT_EQ(first.runs, 1U);
  EXPECT_EQ(first.directories_before, 0U);
  EXPECT_TRUE(contents() == before);
  EXPECT_THAT(damage(), IsEmpty());
  options.stop = {};
  std::vector<std::uint64_t> steps;
  options.progress = [&](std::uint64_t events) { steps.push_back(events); };
  EXPECT_EQ(merge(options).runs, 2U);
  EXPECT_THAT(steps, ElementsAre(70U, 100U));
  EXPECT_EQ(warehouse_.count("event_part"), 3);
  EXPECT_TRUE(contents() == before);
  EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(MergeTest, DirectoriesBecomeOneWithoutPartsToMerge) {
  warehouse_.deliver(events(1, 3));
  seal();
  warehouse_.deliver(events(1, 3, {.account = kAccountB}));
  seal();
  ASSERT_EQ(directories(), 2);
  const std::string before = parts();
  const auto report = merge();
  EXPECT_EQ(report.runs, 0U);
  EXPECT_EQ(report.directories_before, 2U);
  EXPECT_EQ(directories(), 1);
  EXPECT_EQ(parts(), before);
  EXPECT_THAT(damage(), IsEmpty());
  EXPECT_EQ(merge().directories_before, 0U);
}

// What retention removed is no longer named.
TEST_F(MergeTest, ADirectoryNamesWhatThePartsName) {
  deliver_parts();
  std::set<std::pair<std::string, std::int64_t>> entities;
  for (const auto& [account, event] : contents())
    for (const std::int64_t hash : entities_of({event})) entities.emplace(account, hash);
  MergeOptions options;
  options.entries_max = entities.size() - 1;
  EXPECT_THAT(merge(options).directory_refused, HasSubstr("too many"));
  EXPECT_EQ(directories(), 3);
  EXPECT_THAT(damage(), IsEmpty());
  options.entries_max = entities.size();
  const auto report = merge(options);
  EXPECT_EQ(report.directory_refused, "");
  EXPECT_EQ(report.directories_before, 3U);
  const auto told = [&](std::int64_t hash) {
    return warehouse_.value(
        fmt::format("SET app.accounts = '*'; SELECT account_id FROM entity_accounts(ARRAY[{}]::bigint[], '2026-11-02', "
                    "'2026-11-02') ORDER BY 1",
                    hash));
  };
  const auto hash = schema::entity_hash(key_, schema::EntityKind::kIpAddress, "198.51.100.7");
  EXPECT_EQ(told(hash), "111122223333 444455556666");
  warehouse_.value("DELETE FROM event_part WHERE account_id = '444455556666'");
  warehouse_.value("DELETE FROM event_piece WHERE account_id = '444455556666'");
  warehouse_.deliver(event({.number = 600}));
  seal();
  EXPECT_EQ(merge().directories_before, 2U);
  EXPECT_EQ(told(hash), "111122223333");
}

TEST_F(MergeTest, NoPartBecomesTooLarge) {
  deliver_parts();
  SavedParts saved(warehouse_);
  const auto before = contents();
  MergeOptions options;
  options.limits.events = 155;
  EXPECT_EQ(merge(options).parts_after, 3U);
  EXPECT_EQ(parts(), "111122223333:4:1:5 111122223333:5:1:151 111122223333:6:2:70 444455556666:2:1:30");
  options.limits.events = 156;
  EXPECT_EQ(merge(options).parts_after, 1U);
  saved.restore();

  std::size_t raw_bytes = 0;
  for (const auto& [account, event] : before)
    if (account == kAccountA && event.event_class == schema::EventClass::kManagement) raw_bytes += event.raw.size();
  options = {};
  options.limits.raw_bytes = raw_bytes - 1;
  const auto report = merge(options);
  EXPECT_THAT(report.refused, ElementsAre(std::pair(kAccountA, "their records are too large for one part")));
  EXPECT_THAT(parts(), HasSubstr("111122223333:4:1:5 111122223333:5:1:151 111122223333:6:2:70"));
  EXPECT_EQ(merge(options).parts_after, 0U);
  EXPECT_TRUE(contents() == before);
  saved.restore();
  options.limits.raw_bytes = raw_bytes;
  EXPECT_EQ(merge(options).parts_after, 3U);
  EXPECT_TRUE(contents() == before);
}

// A connection that is lost, or anything else that ends a run, at any statement.
TEST_F(MergeTest, WhateverHappensAtAnyStatementNothingIsLost) {
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

TEST_F(MergeTest, WhatComesLateMeanwhileIsToldFromDuplicates) {
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
TEST_F(MergeTest, WhoWaitsForTheDayLooksIntoTheMergedParts) {
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
TEST_F(MergeTest, WritersASealerAndAMergerThatRaceStoreEverythingOnce) {
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
TEST_F(MergeTest, AReaderOfOneSnapshotSeesEachEventOnce) {
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

TEST_F(MergeTest, VerifyTakesNoMergedPartForADamagedOne) {
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

TEST_F(MergeTest, WritersThatHoldTheDayAreNotPushedAside) {
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

TEST_F(MergeTest, NobodyMergesADayThatSomebodySeals) {
  deliver_parts();
  const std::string before = bytes_of_all();
  pqxx::connection connection(warehouse_.database().admin_connection_string());
  pqxx::work other(connection);
  other.exec(fmt::format("SELECT pg_advisory_xact_lock(4, {})", kDay));
  EXPECT_TRUE(merge().another_seals);
  EXPECT_EQ(bytes_of_all(), before);
}

// Another part came between the snapshot and the lock, and parts went.
TEST_F(MergeTest, WhatChangesMeanwhileIsTriedAgain) {
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

TEST_F(MergeTest, TwoEntitiesWithOneHashStayInPartsOfTheirOwn) {
  deliver_parts();
  Json other = event_json({.number = 980});
  other["userIdentity"]["principalId"] = "AIDAEXAMPLEOTHER0001";
  warehouse_.deliver(other.dump());
  warehouse_.value(fmt::format("UPDATE api_event SET principal_hash = {} WHERE event_id::text LIKE '%000000000980'",
                               schema::entity_hash(key_, schema::EntityKind::kPrincipal, "AIDAEXAMPLEUSER00001")));
  seal();
  const auto before = contents();
  const auto report = merge();
  EXPECT_THAT(report.refused, ElementsAre(std::pair(kAccountA, "two entities have one hash")));
  EXPECT_EQ(parts(),
            "111122223333:0:1:100 111122223333:2:1:51 111122223333:4:1:5 111122223333:5:1:1 "
            "111122223333:6:2:70 444455556666:2:1:30");
  EXPECT_EQ(directories(), 1);
  EXPECT_TRUE(contents() == before);
  EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(MergeTest, DamagedPartsAndEventsThatAreTwiceThereStayAsTheyAre) {
  deliver_parts();
  SavedParts saved(warehouse_);
  warehouse_.value(
      "UPDATE event_piece SET bytes = set_byte(bytes, 40, get_byte(bytes, 40) # 1) WHERE kind = 4 AND part_no = 1 AND "
      "account_id = '444455556666'");
  auto report = merge();
  ASSERT_TRUE(report.refused.contains(kAccountB));
  EXPECT_THAT(report.refused.at(kAccountB), HasSubstr("damaged"));
  EXPECT_EQ(report.parts_after, 2U);
  EXPECT_THAT(parts(), HasSubstr("444455556666:0:1:20 444455556666:1:1:10"));
  saved.restore();

  for (const char* table : {"event_part", "event_piece"}) {
    warehouse_.value(
        fmt::format("CREATE TABLE again AS SELECT * FROM {} WHERE account_id = '444455556666' AND part_no = 1", table));
    warehouse_.value("UPDATE again SET part_no = 2");
    warehouse_.value(fmt::format("INSERT INTO {} SELECT * FROM again", table));
    warehouse_.value("DROP TABLE again");
  }
  report = merge();
  EXPECT_THAT(report.refused, ElementsAre(std::pair(kAccountB, "an event is in two parts")));
  EXPECT_THAT(parts(), HasSubstr("444455556666:0:1:20 444455556666:1:1:10 444455556666:2:1:10"));
}

TEST_F(MergeTest, DirectoriesStayWhenAPartIsDamaged) {
  deliver_parts();
  warehouse_.value("UPDATE event_piece SET bytes = '\\xffff' WHERE kind = 1 AND account_id = '444455556666'");
  EXPECT_NE(merge().directory_refused, "");
  EXPECT_EQ(directories(), 3);
}

TEST_F(MergeTest, ChoosesQuietOldDays) {
  deliver_parts();
  const std::int64_t later_us = kNowUs + schema::kMicrosPerDay;
  const auto chosen = [&](std::int64_t now_us) {
    const auto days = days_to_merge(warehouse_.maintenance(), now_us);
    EXPECT_TRUE(days.has_value()) << (days ? "" : days.error().detail);
    std::vector<std::int32_t> numbers;
    if (days)
      for (const auto& day : *days) numbers.push_back(day.day);
    return numbers;
  };
  const auto set = [&](const std::string& what) { warehouse_.value("UPDATE event_part SET " + what); };
  EXPECT_THAT(chosen(kNowUs + kMergeQuietUs), IsEmpty()) << "the day is young";
  EXPECT_THAT(chosen(later_us), ElementsAre(kDay));
  set(fmt::format("sealed_at = '{}' WHERE part_no = 4", schema::format_rfc3339(later_us - kMergeQuietUs + 1)));
  EXPECT_THAT(chosen(later_us), IsEmpty());
  EXPECT_THAT(chosen(later_us + 1), ElementsAre(kDay));
  EXPECT_EQ(days_to_merge(warehouse_.maintenance(), later_us + 1)->at(0).sealed_us, later_us - kMergeQuietUs + 1);
  merge();
  EXPECT_THAT(chosen(later_us + 1), IsEmpty()) << "nothing is left to do";
  EXPECT_EQ(warehouse_.value("SELECT max(sealed_at) FROM event_part WHERE part_no = 5"),
            warehouse_.value("SELECT max(sealed_at) FROM event_part"))
      << "as quiet as before";
  warehouse_.deliver(event({.number = 990}));
  seal();
  EXPECT_THAT(chosen(later_us + 1), ElementsAre(kDay));
  const int most = static_cast<int>(schema::kPartEventsMax);
  warehouse_.value("DELETE FROM event_directory WHERE run_no > (SELECT min(run_no) FROM event_directory)");
  set(fmt::format("n = {} WHERE part_no = 5 AND account_id = '111122223333'", most - 1));
  EXPECT_THAT(chosen(later_us + 1), ElementsAre(kDay));
  set(fmt::format("n = {} WHERE part_no = 5 AND account_id = '111122223333'", most));
  EXPECT_THAT(chosen(later_us + 1), IsEmpty()) << "one more than a part takes";
}

TEST_F(MergeTest, MergedPartsExpireAsOthers) {
  deliver_parts();
  merge();
  warehouse_.keep("event_data", 1);
  EXPECT_EQ(warehouse_.expire(kNowUs + schema::kMicrosPerDay).events_deleted, 70U);
  EXPECT_EQ(parts(), "111122223333:5:1:156 444455556666:2:1:30");
  EXPECT_THAT(damage(), IsEmpty());
  const std::int64_t end_us = kNowUs + 91 * schema::kMicrosPerDay;
  {
    pqxx::connection connection(warehouse_.database().admin_connection_string());
    pqxx::work merger(connection);
    merger.exec(fmt::format("SELECT pg_advisory_xact_lock(4, {})", kDay));
    const auto busy = warehouse_.expire(end_us);
    EXPECT_EQ(busy.busy, 1U) << "a part that is being written would leave its pieces behind";
    EXPECT_EQ(busy.partitions_dropped, 0U);
  }
  EXPECT_EQ(warehouse_.expire(end_us).partitions_dropped, 1U);
  for (const char* table : kTables) EXPECT_EQ(warehouse_.count(table), 0) << table;
}

// While its parts are merged, a day is dropped by nobody, and what a class loses meanwhile is not lost to the others.
TEST_F(MergeTest, AClassThatExpiresMeanwhileGoes) {
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
