// Imports that write days that are over as parts: the same events, counts, alerts and names as by rows, whatever was
// stored before, whoever is at the day at the same time, and wherever it is interrupted.
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <thread>

#include "ingest/load/event_writer.hpp"
#include "ingest/load/part_loader.hpp"
#include "ingest/seal/merger.hpp"
#include "ingest/seal/sealer.hpp"
#include "ingest/seal/unseal.hpp"
#include "ingest/seal/verify.hpp"
#include "ingest/source/file_import.hpp"
#include "tests/db/event_seed.hpp"
#include "tests/db/ingest_warehouse.hpp"
#include "tests/support/temp_dir.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kEach = static_cast<int>(kPartEventsEach);
constexpr int kDays = 3;  // from 2026-10-20

std::string time_on(int day) {
  return fmt::format("2026-10-{:02}T10:00:00Z", 20 + day);
}

std::string garbage() {
  return "garbage\n";
}

class ImportPartsTest : public ::testing::Test {
 protected:
  ImportPartsTest() { prepare(parts_); }
  static void prepare(IngestWarehouse& warehouse) { warehouse.keep("all", std::nullopt); }

  // An object in the layout of S3, which is gathered, and the same bytes where no path says what they are.
  void object(const std::string& account, int day, const std::string& name, std::string_view bytes) {
    write_file(directory_ / fmt::format("s3/AWSLogs/o-abc/{}/CloudTrail/eu-west-1/2026/10/{:02}/{}.json", account,
                                        20 + day, name),
               bytes);
    write_file(directory_ / fmt::format("flat/{}-{}-{}.json", day, account, name), bytes);
  }
  // Three days of two accounts: both classes, duplicates and variants in a file and across files, a finding, garbage,
  // events of the day before, and an account with few events.
  void write_objects() {
    for (int day = 0; day < kDays; ++day) {
      for (const std::string account : {kAccountA, kAccountB}) {
        const EventFacts facts{.account = account, .time = time_on(day)};
        EventFacts data = facts, odd = facts;
        data.category = "Data";
        odd.agent = "another content";
        const int first = 1000 * day;
        object(account, day, "a", events(first, 100, facts) + events(first + 10, 20, facts));
        object(account, day, "b", events(first + 90, 40, facts) + events(first + 500, 3, data) + garbage());
        odd.number = first + 5;
        std::string late = event(odd) + "\n" + event(odd) + "\n";
        odd.agent = "a third content";
        late += event(odd) + "\n";
        if (day > 0) late += events(first + 700, 2, {.account = account, .time = time_on(day - 1)});
        object(account, day, "c", late + guardduty_json(day + 1).dump() + "\n");
      }
      object("777788889999", day, "few",
             events(9000 + 100 * day, 3, {.account = "777788889999", .time = time_on(day)}));
    }
  }

  static ImportReport import(IngestWarehouse& warehouse, const fs::path& path, bool again = false) {
    ImportOptions options;
    options.again = again;
    auto report = import_files(warehouse.pipeline(), warehouse.ingest(), {path}, options);
    if (!report) throw std::runtime_error(report.error().detail);
    EXPECT_TRUE(report->receipt.balances());
    return std::move(*report);
  }
  ImportReport import_objects(bool again = false) { return import(parts_, directory_ / "s3", again); }
  // The picture of a warehouse that took the same files as rows.
  std::string rows_picture(std::string* receipt = nullptr) {
    // One writer: of two contents of an id that two writers store at once as rows, each counts its own as new.
    IngestWarehouse rows({.writers = 1});
    prepare(rows);
    const auto report = import(rows, directory_ / "flat");
    EXPECT_EQ(rows.count("event_part"), 0);
    if (receipt != nullptr) *receipt = text_of(report.receipt);
    return rows.picture();
  }
  static std::string unsealed_picture(IngestWarehouse& warehouse) {
    for (int day = -1; day < kDays; ++day) {
      const auto report =
          seal::unseal_day(warehouse.maintenance(), schema::day_of(time_of(time_on(0))) + day, std::nullopt);
      EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().detail);
    }
    EXPECT_EQ(warehouse.count("event_part"), 0);
    return warehouse.picture();
  }
  std::vector<std::string> damage() {
    const auto report = seal::verify_parts(parts_.maintenance(), parts_.pipeline().hash_key(), {0, 40'000});
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().detail);
    std::vector<std::string> texts;
    for (const auto& damaged : report->damaged) texts.push_back(damaged.what);
    return texts;
  }
  std::string parts_of(const std::string& account) const {
    return parts_.value(
        fmt::format("SELECT day || ':' || part_no || ':' || event_class || ':' || n FROM event_part "
                    "WHERE account_id = '{}' ORDER BY day, part_no",
                    account));
  }

  IngestWarehouse parts_;
  TempDir directory_;
};

TEST_F(ImportPartsTest, StoreWhatRowsWouldHaveStored) {
  write_objects();
  std::string wanted_receipt;
  const std::string wanted = rows_picture(&wanted_receipt);
  const auto report = import_objects();
  EXPECT_EQ(text_of(report.receipt), wanted_receipt);
  EXPECT_EQ(report.files_imported, 21U);
  EXPECT_EQ(parts_.count("delivery WHERE door = 'import'"), 21);
  EXPECT_EQ(parts_.count("import_object WHERE state = 'imported'"), 21);
  // A day has 130 events, two contents more and three data events. What a later day's files tell of the day before
  // comes with the day's own files, or beside them as rows.
  for (const std::string account : {kAccountA, kAccountB}) {
    const int sealed = std::stoi(
        parts_.value(fmt::format("SELECT coalesce(sum(n), 0) FROM event_part WHERE account_id = '{}'", account)));
    EXPECT_GE(sealed, kDays * 135) << account;
    EXPECT_EQ(sealed + parts_.count(fmt::format("api_event WHERE account_id = '{}'", account)),
              kDays * 135 + 2 * (kDays - 1))
        << account;
  }
  EXPECT_EQ(parts_of("777788889999"), "2026-10-20:0:1:3 2026-10-21:0:1:3 2026-10-22:0:1:3");
  EXPECT_EQ(parts_.count("alert WHERE kind = 'event_variant'"), 2 * kDays);
  EXPECT_THAT(damage(), IsEmpty());
  EXPECT_EQ(unsealed_picture(parts_), wanted);
}

TEST_F(ImportPartsTest, AnImportOfTheSameAddsNothing) {
  write_objects();
  const auto first = import_objects();
  const std::string before = parts_.picture() + parts_of(kAccountA);
  EXPECT_EQ(import_objects().files_known, 21U);
  const auto again = import_objects(true);
  EXPECT_EQ(again.receipt.received, first.receipt.received);
  EXPECT_EQ(again.receipt.fresh + again.receipt.variants, 0U);
  EXPECT_EQ(parts_.picture() + parts_of(kAccountA), before);
}

TEST(ImportPartsRule, OneMorePartIsWorthItsLookUp) {
  EXPECT_EQ(loaded_part_events_min(0, false), 0U);
  EXPECT_EQ(loaded_part_events_min(kFreeParts - 1, false), 0U);
  EXPECT_EQ(loaded_part_events_min(kFreeParts, false), kPartEventsEach);
  EXPECT_EQ(loaded_part_events_min(kFreeParts + 1, false), 2 * kPartEventsEach);
  EXPECT_EQ(loaded_part_events_min(0, true), kPartEventsEach);
  EXPECT_EQ(loaded_part_events_min(1, true), 2 * kPartEventsEach);
}

TEST_F(ImportPartsTest, WithoutRowsAFewPartsMayBeSmall) {
  for (int i = 0; i <= kFreeParts; ++i) {
    object(kAccountA, 0, std::to_string(i), events(i, 1, {.time = time_on(0)}));
    import_objects();
  }
  EXPECT_EQ(parts_.count("event_part"), kFreeParts);
  EXPECT_EQ(parts_.count("api_event"), 1);
}

// How many parts there are counts, not their numbers, in which merging leaves gaps.
TEST_F(ImportPartsTest, MergedPartsLeaveRoomForSmallOnes) {
  for (int i = 0; i < kFreeParts; ++i) {
    object(kAccountA, 0, std::to_string(i), events(i, 1, {.time = time_on(0)}));
    import_objects();
  }
  const auto merged =
      seal::merge_day(parts_.maintenance(), parts_.pipeline().hash_key(), schema::day_of(time_of(time_on(0))), {});
  ASSERT_TRUE(merged.has_value()) << merged.error().detail;
  EXPECT_EQ(parts_of(kAccountA), fmt::format("2026-10-20:{0}:1:{0}", kFreeParts));
  object(kAccountA, 0, "one more", events(100, 1, {.time = time_on(0)}));
  import_objects();
  EXPECT_EQ(parts_of(kAccountA), fmt::format("2026-10-20:{0}:1:{0} 2026-10-20:{1}:1:1", kFreeParts, kFreeParts + 1));
  EXPECT_EQ(parts_.count("api_event"), 0);
  EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(ImportPartsTest, BesideRowsFewEventsBecomeRows) {
  for (const std::string account : {kAccountA, kAccountB})
    parts_.deliver(event({.number = 901, .account = account, .time = time_on(0)}));
  object(kAccountA, 0, "few", events(1, kEach - 1, {.time = time_on(0)}));
  object(kAccountB, 0, "enough", events(1, kEach, {.account = kAccountB, .time = time_on(0)}));
  import_objects();
  EXPECT_EQ(parts_.count("api_event"), 2 + kEach - 1);
  EXPECT_EQ(parts_of(kAccountB), fmt::format("2026-10-20:0:1:{}", kEach));
  EXPECT_EQ(parts_of(kAccountA), "");
}

TEST_F(ImportPartsTest, ADayHasTablesOfRowsWhenItHasRows) {
  const auto tables = [&] {
    return parts_.value("SELECT coalesce(partition_name, 'none') FROM event_partition WHERE from_day = '2026-10-20'");
  };
  object(kAccountA, 0, "a", events(1, 100, {.time = time_on(0)}));
  import_objects();
  EXPECT_EQ(tables(), "none");
  EXPECT_EQ(text_of(parts_.deliver(events(1, 101, {.time = time_on(0)}))), "received 101: new 1 duplicates 100");
  EXPECT_THAT(tables(), HasSubstr("api_event_20261020"));
  EXPECT_EQ(parts_.count("api_event"), 1);
}

TEST_F(ImportPartsTest, TodayBecomesPartsUnlessDeliveriesComeIn) {
  const auto object_of = [&](const char* name, int first) {
    write_file(directory_ / fmt::format("s3/AWSLogs/{}/CloudTrail/eu-west-1/2026/11/02/{}.json", kAccountA, name),
               events(first, kEach, {.time = "2026-11-02T00:00:00Z"}));
  };
  object_of("a", 1);
  import_objects();
  EXPECT_EQ(parts_of(kAccountA), fmt::format("2026-11-02:0:1:{}", kEach));
  pqxx::connection connection(parts_.database().admin_connection_string());
  pqxx::work collector(connection);
  collector.exec(
      fmt::format("SELECT pg_advisory_xact_lock_shared(1, {})", schema::day_of(time_of("2026-11-02T00:00:00Z"))));
  object_of("b", 1000);
  import_objects();
  EXPECT_EQ(parts_.count("api_event"), kEach);
}

TEST_F(ImportPartsTest, KnowTheRowsThatWereThereBefore) {
  const EventFacts facts{.time = time_on(0)};
  EventFacts odd = facts;
  odd.number = 3;
  odd.agent = "stored before";
  parts_.deliver(events(1, 2, facts) + event(odd));
  object(kAccountA, 0, "a", events(1, 100, facts));
  EXPECT_EQ(text_of(import_objects().receipt), "received 100: new 97 duplicates 2 variants 1");
  EXPECT_EQ(parts_of(kAccountA), "2026-10-20:0:1:98");
  EXPECT_EQ(parts_.count("api_event"), 3);
  EXPECT_EQ(parts_.value("SELECT subject FROM alert WHERE kind = 'event_variant'"),
            "2026-10-20/00000000-0000-4000-8000-000000000003");
  EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(ImportPartsTest, KnowTheirPartsAndAreKnownByThoseWhoComeLate) {
  const EventFacts facts{.time = time_on(0)};
  object(kAccountA, 0, "a", events(1, 100, facts));
  import_objects();
  EventFacts odd = facts;
  odd.number = 7;
  odd.agent = "changed";
  EXPECT_EQ(text_of(parts_.deliver(events(1, 10, facts) + event(odd) + event({.number = 901, .time = time_on(0)}))),
            "received 12: new 1 duplicates 10 variants 1");
  // A second part beside the first, and beside the rows that came late.
  odd.agent = "changed again";
  object(kAccountA, 0, "b", events(51, 150, facts) + event(odd) + "\n" + event({.number = 901, .time = time_on(0)}));
  EXPECT_EQ(text_of(import_objects().receipt), "received 152: new 100 duplicates 51 variants 1");
  EXPECT_EQ(parts_of(kAccountA), "2026-10-20:0:1:100 2026-10-20:1:1:101");
  EXPECT_THAT(damage(), IsEmpty());
  EXPECT_EQ(text_of(parts_.deliver(events(1, 200, facts) + event(odd))), "received 201: duplicates 201");
}

// Of a part with more ids than a list holds, the lists that may have an id are looked up; of a smaller one all are
// read.
TEST_F(ImportPartsTest, KnowTheirIdsInPartsOfEverySize) {
  const auto per_list = static_cast<int>(schema::kIdChunkIds);
  for (const int n : {per_list - 1, per_list}) {
    const int day = n - per_list + 1;
    object(kAccountA, day, "a", events(1, n, {.time = time_on(day)}));
    import_objects();
    EXPECT_EQ(text_of(parts_.deliver(events(n, 2, {.time = time_on(day)}))), "received 2: new 1 duplicates 1") << n;
  }
}

TEST_F(ImportPartsTest, RecordsStillTakeThePlaceOfCopies) {
  const Json copy{{"class_uid", 6003},
                  {"time", time_of(time_on(0)) / 1000},
                  {"metadata",
                   {{"uid", "00000000-0000-4000-8000-000000000002"},
                    {"version", "1.1.0"},
                    {"product", {{"name", "CloudTrail"}, {"vendor_name", "AWS"}, {"version", "1.11"}}}}},
                  {"cloud", {{"region", "eu-west-1"}, {"account", {{"uid", kAccountA}}}}},
                  {"api", {{"operation", "GetObject"}, {"service", {{"name", "s3.amazonaws.com"}}}}}};
  parts_.deliver(copy.dump());
  object(kAccountA, 0, "a", events(1, 100, {.time = time_on(0)}));
  EXPECT_EQ(text_of(import_objects().receipt), "received 100: new 99 updated 1");
  EXPECT_EQ(parts_.count("api_event"), 100);
  object(kAccountA, 1, "b", events(200, 100, {.time = time_on(1)}) + copy.dump());
  EXPECT_EQ(text_of(import_objects().receipt), "received 101: new 100 duplicates 1");
  EXPECT_EQ(parts_of(kAccountA), "2026-10-21:0:1:100");
}

// A writer of rows, and a sealer, that hold the day longer than an import waits.
TEST_F(ImportPartsTest, BecomeRowsWhereSomebodyElseIsAtTheDay) {
  for (const auto& [day, lock] :
       {std::pair(0, "pg_advisory_xact_lock_shared(1, {})"), std::pair(1, "pg_advisory_xact_lock(4, {})")}) {
    pqxx::connection connection(parts_.database().admin_connection_string());
    pqxx::work other(connection);
    other.exec("SELECT " + fmt::format(fmt::runtime(lock), schema::day_of(time_of(time_on(day)))));
    object(kAccountA, day, "a", events(1, 100, {.time = time_on(day)}));
    EXPECT_EQ(text_of(import_objects().receipt), "received 100: new 100") << lock;
    EXPECT_EQ(parts_.count(fmt::format("api_event WHERE event_day = '2026-10-{}'", 20 + day)), 100) << lock;
  }
  EXPECT_EQ(parts_of(kAccountA), "");
}

TEST_F(ImportPartsTest, ADamagedPartIsNoReasonToStoreTwice) {
  object(kAccountA, 0, "a", events(1, 100, {.time = time_on(0)}));
  import_objects();
  parts_.value("UPDATE event_piece SET bytes = '\\xffff' WHERE kind = 2");
  const std::string before = parts_.picture();
  object(kAccountA, 0, "b", events(50, 100, {.time = time_on(0)}));
  const auto report = import_objects();
  EXPECT_EQ(report.files_failed, 1U);
  EXPECT_EQ(report.receipt.received, 0U);
  EXPECT_EQ(parts_.picture(), before) << "nothing stored, nothing in quarantine";
  EXPECT_EQ(parts_of(kAccountA), "2026-10-20:0:1:100");
}

// The connection is lost while each of the tables is written; what was not committed comes with the next import.
TEST_F(ImportPartsTest, AnInterruptedImportIsTakenUpAgain) {
  write_objects();
  const std::string wanted = rows_picture();
  for (const char* table : {"event_part", "event_piece", "event_directory", "delivery"}) {
    IngestWarehouse warehouse;
    prepare(warehouse);
    {
      pqxx::connection connection(warehouse.database().admin_connection_string());
      pqxx::nontransaction admin(connection);
      admin.exec(fmt::format(
          "SET search_path = backtrail; CREATE SEQUENCE writes; "
          "CREATE FUNCTION lose_connection() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
          "IF nextval('backtrail.writes') = 2 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; "
          "RETURN NULL; END $$; "
          "CREATE TRIGGER lose_connection AFTER INSERT ON {} FOR EACH STATEMENT EXECUTE FUNCTION lose_connection()",
          table));
    }
    const auto broken = import(warehouse, directory_ / "s3");
    EXPECT_GT(broken.files_failed, 0U) << table;
    const auto resumed = import(warehouse, directory_ / "s3");
    EXPECT_EQ(resumed.files_failed, 0U) << table;
    EXPECT_EQ(resumed.files_imported, broken.files_failed) << table;
    EXPECT_EQ(warehouse.count("import_object WHERE state = 'imported'"), 21) << table;
    EXPECT_GT(warehouse.count("event_part"), 0) << table;
    EXPECT_EQ(unsealed_picture(warehouse), wanted) << table;
  }
}

TEST_F(ImportPartsTest, ImportersAndACollectorThatRaceStoreEverythingOnce) {
  write_objects();
  const std::string wanted = rows_picture();
  std::vector<std::thread> importers;
  for (unsigned who = 0; who < 4; ++who)
    importers.emplace_back([&, who] {
      schema::Database database({.connection_string = parts_.database().connection_string("backtrail_ingest"),
                                 .max_connections = 6,
                                 .acquire_timeout_ms = 60'000});
      const auto pipeline = Pipeline::start(database, {.now_us = [] { return kNowUs; }}).value();
      // The last two come without paths that say a day, as rows.
      const auto report = import_files(*pipeline, database, {directory_ / (who < 2 ? "s3" : "flat")}, {});
      ASSERT_TRUE(report.has_value()) << report.error().detail;
      for (const auto& failed : report->failed) ADD_FAILURE() << failed.path << ": " << failed.why;
    });
  for (auto& importer : importers) importer.join();
  EXPECT_THAT(damage(), IsEmpty());
  EXPECT_EQ(unsealed_picture(parts_), wanted);
}

TEST(ImportPartsRefusal, TwoEntitiesWithOneHashBecomeRows) {
  EventSeed seed;
  std::vector<Row> rows;
  for (int i = 0; i < kEach; ++i) {
    Json json = event_json({.number = i});
    if (i == 1) json["userIdentity"]["principalId"] = "AIDAEXAMPLEOTHER0001";
    const std::string text = json.dump();
    rows.emplace_back().event = event_row(seed.read(text), seed.warehouse().hash_key, kNowUs, true);
  }
  const auto principal = rows[0].event.principal_hash;
  ASSERT_NE(rows[1].event.principal_hash, principal);
  seed.add_gathered(rows);
  EXPECT_EQ(seed.admin_exec("SELECT count(*) FROM event_part")[0][0].as<int>(), 1);
  seed.admin_exec("DELETE FROM event_part; DELETE FROM event_piece");
  for (auto& entity : rows[1].event.checks)
    if (entity.hash == rows[1].event.principal_hash) entity.hash = principal;
  rows[1].event.principal_hash = principal;
  seed.add_gathered(rows);
  EXPECT_EQ(seed.admin_exec("SELECT count(*) FROM event_part")[0][0].as<int>(), 0);
  EXPECT_EQ(seed.admin_exec("SELECT count(*) FROM api_event WHERE length(raw) < 600")[0][0].as<int>(), kEach)
      << "packed";
}

}  // namespace
}  // namespace backtrail::ingest
