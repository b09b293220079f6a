// Importing files: the ledger of objects, what is ignored and why, and many importers at once.
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <map>
#include <random>
#include <thread>

#include "ingest/source/file_import.hpp"
#include "tests/db/ingest_warehouse.hpp"
#include "tests/support/compressed.hpp"
#include "tests/support/temp_dir.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

ImportOptions once_more(bool again = true) {
  ImportOptions options;
  options.again = again;
  return options;
}

// Imports look at the wall clock: what is kept for ever does not depend on it.
class ImportTest : public ::testing::Test {
 protected:
  ImportTest() { warehouse_.keep("all", std::nullopt); }

  ImportReport import(const std::vector<fs::path>& paths, const ImportOptions& options = {}) {
    auto report = import_files(warehouse_.pipeline(), warehouse_.ingest(), paths, options);
    if (!report) throw std::runtime_error(report.error().detail);
    EXPECT_TRUE(report->receipt.balances());
    return std::move(*report);
  }
  static std::map<std::string, std::string> by_name(const std::vector<IgnoredFile>& files) {
    std::map<std::string, std::string> named;
    for (const auto& file : files) named[fs::path(file.path).filename()] = file.why;
    return named;
  }

  IngestWarehouse warehouse_;
  TempDir directory_;
};

TEST_F(ImportTest, ReadsFoldersOfEveryKindOfFile) {
  const fs::path trail = directory_ / "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/02";
  write_file(trail / "one.json.gz", gzip(R"({"Records":[)" + event({.number = 1}) + "," + event({.number = 2}) + "]}"));
  write_file(directory_ / "AWSLogs/111122223333/GuardDuty/eu-west-1/2026/11/02/x.jsonl.gz",
             gzip(guardduty_json(1).dump() + "\n"));
  write_file(directory_ / "plain.json", events(3, 2));
  write_file(directory_ / "packed.zip", zip({{"a.json", events(5, 1)}, {"b/c.json", events(6, 1)}}));
  write_file(directory_ / "frame.zst", zstd(events(7, 1)));
  const ImportReport report = import({directory_.path()});
  EXPECT_EQ(text_of(report.receipt), "received 8: new 8");
  EXPECT_EQ(report.files_imported, 5U);
  EXPECT_THAT(report.ignored, IsEmpty());
  EXPECT_EQ(warehouse_.count("delivery WHERE door = 'import' AND key_id = ''"), 5);
  EXPECT_EQ(warehouse_.value("SELECT state || ' ' || bytes FROM import_object WHERE location LIKE '%plain.json'"),
            fmt::format("imported {}", events(3, 2).size()));
}

TEST_F(ImportTest, ASecondImportAddsNothing) {
  write_file(directory_ / "a.json", events(1, 5));
  write_file(directory_ / "b.txt", "no json");
  EXPECT_EQ(text_of(import({directory_.path()}).receipt), "received 5: new 5");
  const std::string before = warehouse_.picture();
  const ImportReport again = import({directory_.path()});
  EXPECT_EQ(text_of(again.receipt), "received 0:");
  EXPECT_EQ(again.files_known, 1U);
  EXPECT_EQ(again.files_imported, 0U);
  EXPECT_EQ(warehouse_.picture(), before);
  EXPECT_EQ(text_of(import({directory_.path()}, once_more()).receipt), "received 5: duplicates 5");
  EXPECT_EQ(warehouse_.picture(), before);
}

TEST_F(ImportTest, AChangedFileIsImportedAgain) {
  write_file(directory_ / "a.json", events(1, 2));
  EXPECT_EQ(text_of(import({directory_.path()}).receipt), "received 2: new 2");
  write_file(directory_ / "a.json", events(1, 3));
  EXPECT_EQ(text_of(import({directory_.path()}).receipt), "received 3: new 1 duplicates 2");
  EXPECT_EQ(import({directory_.path()}).files_known, 1U);
  // The content is what is known, at its place: a copy elsewhere is read and found to be known record by record.
  write_file(directory_ / "copy.json", events(1, 3));
  EXPECT_EQ(text_of(import({directory_.path()}).receipt), "received 3: duplicates 3");
}

TEST_F(ImportTest, AFileThatAppearsLateIsImportedWheneverItAppears) {
  write_file(directory_ / "m.json", events(1, 1));
  import({directory_.path()});
  write_file(directory_ / "a.json", events(2, 1));  // sorts in front of what was imported
  write_file(directory_ / "z.json", events(3, 1));
  EXPECT_EQ(text_of(import({directory_.path()}).receipt), "received 2: new 2");
}

TEST_F(ImportTest, WhatIsNotForUsIsReportedWithItsReason) {
  write_file(directory_ / "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/11/02/digest.json.gz", gzip("{}"));
  write_file(directory_ / "notes.txt", "some words");
  write_file(directory_ / "empty.json", "");
  write_file(directory_ / "number.json", "5");
  write_file(directory_ / "image.png", std::string("\x89PNG\r\n\x1a\n\0\0", 10));
  write_file(directory_ / "good.json", events(1, 1));
  const ImportReport report = import({directory_.path()});
  EXPECT_EQ(report.files_imported, 1U);
  EXPECT_EQ(report.files_failed, 0U);
  const auto ignored = by_name(report.ignored);
  EXPECT_EQ(ignored.at("digest.json.gz"), "CloudTrail digest file");
  EXPECT_EQ(ignored.at("notes.txt"), "no JSON, gzip, zip or zstd file");
  EXPECT_EQ(ignored.at("empty.json"), "empty file");
  EXPECT_EQ(ignored.size(), 5U);
  EXPECT_EQ(warehouse_.count("import_object WHERE state = 'ignored' AND detail <> '' AND delivery_id IS NULL"), 5);
  EXPECT_EQ(warehouse_.count("quarantine"), 0);
}

TEST_F(ImportTest, DamagedFilesAreImportedIntoQuarantine) {
  write_file(directory_ / "broken.json.gz", gzip(events(1, 100)).substr(0, 200));
  write_file(directory_ / "broken.json", events(1, 2) + "{\"eventName\":");
  const ImportReport report = import({directory_.path()});
  EXPECT_EQ(report.files_imported, 2U);
  EXPECT_EQ(text_of(report.receipt), "received 4: new 2 quarantined 2");
  EXPECT_EQ(warehouse_.value("SELECT reason FROM quarantine ORDER BY 1"), "encoding truncated");
  EXPECT_EQ(warehouse_.count("quarantine WHERE origin LIKE '%/broken.json%' AND door = 'import'"), 2);
}

TEST_F(ImportTest, PathsMustExistAndLinksAreNotFollowed) {
  const auto missing = import_files(warehouse_.pipeline(), warehouse_.ingest(), {directory_ / "nowhere"}, {});
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, schema::Code::kIo);
  write_file(directory_ / "outside/secret.json", events(1, 1));
  fs::create_directories(directory_ / "inside");
  fs::create_symlink(directory_ / "outside/secret.json", directory_ / "inside/link.json");
  fs::create_directory_symlink(directory_ / "outside", directory_ / "inside/folder");
  EXPECT_EQ(text_of(import({directory_ / "inside"}).receipt), "received 0:");
  EXPECT_EQ(text_of(import({directory_ / "outside/secret.json", directory_ / "outside"}).receipt), "received 1: new 1")
      << "named twice, read once";
}

// Names of files may hold any bytes but / and NUL; the database holds text.
TEST_F(ImportTest, FilesWithNamesThatAreNoTextAreImported) {
  write_file(directory_.path() / "bad\xff name\n.json", events(1, 1) + "garbage");
  const ImportReport report = import({directory_.path()});
  EXPECT_EQ(report.files_failed, 0U);
  EXPECT_EQ(text_of(report.receipt), "received 2: new 1 quarantined 1");
  EXPECT_EQ(import({directory_.path()}).files_known, 1U);
}

TEST_F(ImportTest, StopsWhenTold) {
  for (int i = 0; i < 20; ++i) write_file(directory_ / fmt::format("{:02}.json", i), events(i, 1));
  const std::atomic<bool> stop{true};
  ImportOptions options;
  options.stop = &stop;
  EXPECT_EQ(import({directory_.path()}, options).files_imported, 0U);
  EXPECT_EQ(import({directory_.path()}).files_imported, 20U);
}

// Fails the first so many bookings as a busy database does.
void time_out(IngestWarehouse& warehouse, int bookings) {
  warehouse.rows(fmt::format(
      "CREATE SEQUENCE tries; CREATE FUNCTION busy() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
      "IF nextval('backtrail.tries') <= {} THEN RAISE EXCEPTION 'busy' USING ERRCODE = '57014'; END IF; RETURN NULL; "
      "END "
      "$$; CREATE TRIGGER busy BEFORE INSERT ON delivery FOR EACH STATEMENT EXECUTE FUNCTION busy()",
      bookings));
}

TEST_F(ImportTest, AFileThatABusyDatabaseHadNoTimeForIsTriedAgain) {
  write_file(directory_ / "a.json", events(1, 3));
  time_out(warehouse_, kImportRounds - 1);
  const ImportReport report = import({directory_.path()});
  EXPECT_EQ(text_of(report.receipt), "received 3: new 3");
  EXPECT_EQ(report.files_imported, 1U);
  EXPECT_EQ(report.files_failed, 0U);
  EXPECT_EQ(warehouse_.value("SELECT received || ' ' || new FROM delivery"), "3 3");
}

TEST_F(ImportTest, AFileThatTheDatabaseNeverHadTimeForIsReported) {
  write_file(directory_ / "a.json", events(1, 3));
  time_out(warehouse_, kImportRounds);
  const ImportReport report = import({directory_.path()});
  EXPECT_EQ(report.files_imported, 0U);
  EXPECT_EQ(report.files_failed, 1U);
  EXPECT_THAT(by_name(report.failed), ElementsAre(Pair("a.json", HasSubstr("too long"))));
  EXPECT_EQ(warehouse_.count("api_event"), 0);
  EXPECT_EQ(text_of(import({directory_.path()}).receipt), "received 3: new 3");
}

TEST_F(ImportTest, TellsItsProgress) {
  for (int i = 0; i < 5; ++i) write_file(directory_ / fmt::format("{}.json", i), events(i, 1));
  ImportProgress last;
  ImportOptions options;
  options.progress = [&last](const ImportProgress& progress) { last = progress; };
  import({directory_.path()}, options);
  EXPECT_EQ(last.files_done, 5U);
  EXPECT_EQ(last.files_total, 5U);
  EXPECT_EQ(last.records, 5U);
  EXPECT_EQ(last.bytes_done, last.bytes_total);
}

// Two collectors that store one half of a variant each at the same moment: neither may see the other's.
TEST_F(ImportTest, EveryVariantIsAlertedAlthoughImportersRace) {
  constexpr int kIds = 60;
  std::vector<std::thread> importers;
  for (int who = 0; who < 2; ++who) {
    for (int i = 0; i < kIds; ++i)
      write_file(directory_ / fmt::format("{}/{:02}.json", who, i),
                 event({.number = i, .agent = fmt::format("agent {}", who)}));
    importers.emplace_back([this, who] {
      const auto pipeline = warehouse_.another_pipeline();
      const auto report = import_files(*pipeline, warehouse_.ingest(), {directory_ / std::to_string(who)}, {});
      ASSERT_TRUE(report.has_value()) << report.error().detail;
      EXPECT_EQ(report->files_failed, 0U) << (report->failed.empty() ? "" : report->failed.front().why);
    });
  }
  for (auto& importer : importers) importer.join();
  EXPECT_EQ(warehouse_.count("api_event"), 2 * kIds);
  EXPECT_EQ(warehouse_.count("alert WHERE kind = 'event_variant'"), kIds);
}

TEST_F(ImportTest, EightImportersWithOverlappingFilesMakeTheTablesOfOne) {
  constexpr int kFiles = 24;
  for (int file = 0; file < kFiles; ++file) {
    EventFacts facts{.account = file % 3 == 0 ? kAccountB : kAccountA,
                     .time = fmt::format("2026-10-{:02}T10:00:00Z", 20 + file % 5)};
    std::string body = events(file / 3 * 10, 25, facts);
    for (int number = 5000; number < 5005; ++number)
      body += event({.number = number, .agent = fmt::format("agent {}", file % 3)}) + "\n";
    for (int number = 1; number <= 3; ++number) {
      Json finding = guardduty_json(number, fmt::format("2026-11-02T09:{:02}:00Z", (file * 5 + number) % 11));
      finding["service"]["action"]["awsApiCallAction"]["remoteIpDetails"]["ipAddressV4"] =
          fmt::format("198.51.100.{}", file % 6);
      body += finding.dump() + "\n";
    }
    write_file(directory_ / fmt::format("{:02}.json", file), body + fmt::format("garbage {}\n", file % 2));
  }
  import({directory_.path()});
  const std::string wanted = warehouse_.picture();

  IngestWarehouse shared;
  shared.keep("all", std::nullopt);
  std::vector<std::thread> importers;
  for (unsigned who = 0; who < 8; ++who)
    importers.emplace_back([&, who] {
      // Each has its own connections, reads two thirds of the files and then all, in its own order.
      schema::Database database({.connection_string = shared.database().connection_string("backtrail_ingest"),
                                 .max_connections = 4,
                                 .acquire_timeout_ms = 60'000});
      const auto pipeline = Pipeline::start(database, {.now_us = [] { return kNowUs; }}).value();
      std::vector<fs::path> files;
      for (int file = 0; file < kFiles; ++file)
        if (file % 3 != static_cast<int>(who) % 3) files.push_back(directory_ / fmt::format("{:02}.json", file));
      std::shuffle(files.begin(), files.end(), std::mt19937(who));
      for (const auto& paths : {files, std::vector<fs::path>{directory_.path()}}) {
        const auto report = import_files(*pipeline, database, paths, once_more(who % 2 == 0));
        ASSERT_TRUE(report.has_value()) << report.error().detail;
        EXPECT_TRUE(report->receipt.balances());
        for (const auto& failed : report->failed) ADD_FAILURE() << failed.path << ": " << failed.why;
      }
    });
  for (auto& importer : importers) importer.join();
  EXPECT_EQ(shared.picture(), wanted);
}

}  // namespace
}  // namespace backtrail::ingest
