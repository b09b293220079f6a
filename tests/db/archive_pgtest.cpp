// Archives: nothing is removed that was not written and read back, and what is imported again is what was there.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "ingest/decode/decode.hpp"
#include "ingest/seal/sealer.hpp"
#include "ingest/source/file_import.hpp"
#include "schema/archive/archive.hpp"
#include "schema/retention/holds.hpp"
#include "tests/db/ingest_warehouse.hpp"
#include "tests/support/temp_dir.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;
namespace fs = std::filesystem;
using schema::kMicrosPerDay;
using schema::RetentionOptions;
using schema::RetentionReport;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::int32_t kToday = schema::day_of(kNowUs);
constexpr std::int64_t kMuchLaterUs = kNowUs + 200 * kMicrosPerDay;

std::string day_text(int days_ago) {
  return schema::format_day(kToday - days_ago);
}

class ArchiveTest : public ::testing::Test {
 protected:
  schema::Result<RetentionReport> try_run(std::int64_t now_us, std::function<void()> between = {}) {
    RetentionOptions options;
    options.now_us = now_us;
    options.clock_confirmed = true;
    options.archive_directory = archive();
    options.after_archiving = std::move(between);
    return schema::run_retention(warehouse_.maintenance(), options);
  }
  RetentionReport run(std::int64_t now_us = kMuchLaterUs, std::function<void()> between = {}) {
    auto report = try_run(now_us, std::move(between));
    if (!report) throw std::runtime_error(report.error().detail);
    return *report;
  }
  fs::path archive() const { return directory_ / "archive"; }
  Receipt import_archive() {
    warehouse_.keep("all", std::nullopt);
    ImportOptions again;
    again.again = true;
    const auto report = import_files(warehouse_.pipeline(), warehouse_.ingest(), {archive()}, again);
    if (!report) throw std::runtime_error(report.error().detail);
    EXPECT_THAT(report->failed, IsEmpty());
    return report->receipt;
  }
  schema::ArchiveCheck check() { return schema::check_archive(archive()).value(); }

  void seal_everything() {
    const auto key = read_hash_key(warehouse_.ingest());
    ASSERT_TRUE(key.has_value());
    for (const auto& row : warehouse_.rows("SELECT DISTINCT event_day - date '1970-01-01' FROM api_event")) {
      const auto sealed =
          seal::seal_day(warehouse_.maintenance(), *key, row[0].as<std::int32_t>(), {.now_us = kMuchLaterUs});
      ASSERT_TRUE(sealed.has_value()) << sealed.error().detail;
    }
  }
  // Lines of events in all sets.
  int archived_events() const {
    int lines = 0;
    for (const auto& entry : fs::recursive_directory_iterator(archive())) {
      if (entry.path().extension() != ".zst") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes(std::istreambuf_iterator<char>(file), {});
      for (const auto& document : decode(bytes, {}).documents)
        for (std::size_t at = 0; (at = document.text.find("\"kind\":\"event\"", at)) != std::string::npos; ++at)
          ++lines;
    }
    return lines;
  }

  // Every column of every table that retention removes from, but for partitions' own.
  std::string everything() const {
    std::string text;
    for (const char* table :
         {"api_event", "event_mention", "finding", "finding_version", "finding_entity", "notice", "quarantine"})
      text += fmt::format(
          "{} {}\n", table,
          warehouse_.value(fmt::format("SELECT count(*) || ' ' || md5(coalesce(string_agg(t, E'\\n' ORDER BY t), '')) "
                                       "FROM (SELECT to_jsonb(x)::text AS t FROM {} AS x) AS y",
                                       table)));
    return text;
  }
  // Records of every kind and form, received at different times by different doors.
  void deliver_of_everything() {
    warehouse_.keep("all", std::nullopt);
    const auto at = [&](int days_ago, std::string body, const char* door) {
      auto delivery = warehouse_.delivery(std::move(body));
      delivery.received_us = kNowUs - days_ago * kMicrosPerDay + 123'456;
      delivery.door = door;
      delivery.origin = fmt::format("request \"{}\"", days_ago);
      EXPECT_FALSE(warehouse_.deliver(std::move(delivery)).error);
    };
    at(5, events(1, 300, {.time = day_text(5) + "T10:00:00Z"}), "raw");
    at(4, events(301, 20, {.account = kAccountB, .time = day_text(5) + "T23:59:59Z", .category = "Data"}),
       "eventbridge");
    at(4, event({.number = 1, .time = day_text(5) + "T10:00:00Z", .agent = "a variant"}), "raw");
    at(4, event({.number = 500, .time = day_text(-30) + "T10:00:00Z", .agent = "from the \xE2\x80\xAE future"}), "raw");
    at(4, event_json({.number = 501, .time = day_text(4) + "T10:00:00Z"}).dump(2), "raw");  // line breaks
    at(3, guardduty_json(1).dump() + guardduty_json(2).dump(), "firehose");
    at(2, guardduty_json(1, "2026-11-03T09:05:00Z").dump(), "sns");
    at(1, guardduty_json(1, "2026-11-01T09:05:00Z").dump(1), "sns");
    at(1,
       R"({"detail-type":"Scheduled Event","source":"aws.events","account":"111122223333","time":"2026-11-02T10:00:00Z","detail":{}})"
       R"({"s3Bucket":"logs","s3ObjectKey":["AWSLogs/111122223333/CloudTrail/a.json.gz","AWSLogs/444455556666/CloudTrail/b.json.gz"]})",
       "sns");
    at(1, "garbage\n", "raw");
    at(1, std::string("\xff\x00 bytes", 8), "raw");
    at(1, R"({"twice":1,"twice":2})", "raw");
    auto foreign = warehouse_.delivery(event({.number = 600, .account = kAccountB}),
                                       schema::AccountScope::of({kAccountA}).value());
    warehouse_.deliver(std::move(foreign));
    warehouse_.value(
        "UPDATE quarantine SET tries = 3, last_tried_at = received_at + interval '1 hour', resolved_at = "
        "received_at + interval '2 hours' WHERE reason = 'dup_key' RETURNING 1");
    warehouse_.value(
        "UPDATE finding SET status = 'in_progress', assignee = 'carol', effective_severity = 7.5, "
        "effective_severity_label = 4 WHERE provider_id LIKE '%1' RETURNING 1");
  }

  IngestWarehouse warehouse_;
  TempDir directory_;
};

TEST_F(ArchiveTest, WhatIsImportedAgainIsWhatWasThere) {
  deliver_of_everything();
  const std::string before = everything();
  const int rows = warehouse_.count("api_event") + warehouse_.count("finding_version") + warehouse_.count("notice") +
                   warehouse_.count("quarantine");
  warehouse_.keep("all", 90);
  const RetentionReport report = run();
  EXPECT_EQ(report.archive_failure, "");
  EXPECT_EQ(report.busy, 0U);
  EXPECT_EQ(report.records_archived, static_cast<std::size_t>(rows));
  for (const char* table :
       {"api_event", "event_mention", "finding", "finding_version", "finding_entity", "notice", "quarantine"})
    EXPECT_EQ(warehouse_.count(table), 0) << table;
  EXPECT_THAT(check().wrong, IsEmpty());
  EXPECT_EQ(check().records, static_cast<std::uint64_t>(rows));
  EXPECT_EQ(warehouse_.count("removal WHERE archive <> '' AND manifest_sha256 IS NOT NULL"),
            static_cast<int>(report.sets_archived));

  const Receipt receipt = import_archive();
  EXPECT_EQ(receipt.received, static_cast<std::uint64_t>(rows) + 2)
      << "each of two lines has a record that is two notices";
  EXPECT_EQ(everything(), before);
  import_archive();
  EXPECT_EQ(everything(), before) << "however often";
}

TEST_F(ArchiveTest, SealedEventsAreArchivedLikeRows) {
  deliver_of_everything();
  const std::string before = everything();
  const int events = warehouse_.count("api_event");
  seal_everything();
  ASSERT_GT(warehouse_.count("event_part"), 3);
  warehouse_.keep("all", 90);
  warehouse_.keep("event_data", std::nullopt);  // management events go by their class, part by part
  EXPECT_EQ(run().archive_failure, "");
  EXPECT_EQ(warehouse_.count("event_part WHERE event_class = 1"), 0);
  EXPECT_EQ(warehouse_.count("event_part WHERE event_class = 2"), 1);
  warehouse_.keep("all", 90);  // and then whole days
  EXPECT_EQ(run().archive_failure, "");
  for (const char* table : {"api_event", "event_mention", "event_part", "event_piece"})
    EXPECT_EQ(warehouse_.count(table), 0) << table;
  EXPECT_THAT(check().wrong, IsEmpty());
  EXPECT_EQ(archived_events(), events);
  import_archive();
  EXPECT_EQ(everything(), before);
}

TEST_F(ArchiveTest, HeldPartsStayAndAreNotArchived) {
  warehouse_.keep("all", std::nullopt);
  warehouse_.deliver(warehouse_.delivery(events(1, 10, {.time = day_text(5) + "T10:00:00Z"})));
  warehouse_.deliver(warehouse_.delivery(events(11, 7, {.account = kAccountB, .time = day_text(5) + "T10:00:00Z"})));
  seal_everything();
  ASSERT_EQ(warehouse_.count("event_part"), 2);
  const auto hold = schema::add_hold(warehouse_.maintenance(),
                                     {kAccountB, {kToday - 5, kToday - 4}, std::nullopt, "case 17", "carol"}, kNowUs);
  ASSERT_TRUE(hold.has_value()) << hold.error().detail;
  warehouse_.keep("all", 90);
  run();
  EXPECT_EQ(warehouse_.value("SELECT string_agg(account_id || ' ' || n, ',') FROM event_part"),
            std::string(kAccountB) + " 7");
  EXPECT_EQ(archived_events(), 10);
  ASSERT_TRUE(schema::release_hold(warehouse_.maintenance(), *hold, "closed", "carol", kNowUs).has_value());
  run();
  EXPECT_EQ(warehouse_.count("event_part"), 0);
  EXPECT_EQ(archived_events(), 17);
}

TEST_F(ArchiveTest, ALineIsReadByAnyone) {
  warehouse_.deliver(event({.number = 1, .time = day_text(5) + "T10:00:00Z"}) + "no JSON");
  run();
  std::string lines;
  for (const auto& entry : fs::recursive_directory_iterator(archive())) {
    if (!entry.path().native().ends_with(".ndjson.zst")) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    for (const auto& document : decode(bytes, {}).documents) lines += document.text;
  }
  EXPECT_THAT(
      lines,
      HasSubstr(
          R"({"backtrail_archive":1,"kind":"event","account_id":"111122223333","received_at":"2026-11-03T12:00:00Z","record":)" +
          event({.number = 1, .time = day_text(5) + "T10:00:00Z"}) + "}\n"));
  EXPECT_THAT(lines, HasSubstr(R"("record_text":["no JSON"]})"));
}

// A door is no administrator: its lines are records that are received now, from whoever sent them.
TEST_F(ArchiveTest, OnlyAnImportRestores) {
  warehouse_.keep("all", std::nullopt);
  const std::string
      record = event({.number = 1}),
      line = fmt::format(
          R"({{"backtrail_archive":1,"kind":"event","account_id":"{}","received_at":"2020-01-01T00:00:00Z","record":{}}})",
          kAccountA, record);
  const auto only_b = schema::AccountScope::of({kAccountB}).value();
  EXPECT_EQ(text_of(warehouse_.deliver(line, only_b)), "received 1: quarantined 1");
  EXPECT_EQ(warehouse_.value("SELECT reason || ' ' || door FROM quarantine"), "account_mismatch raw");
  EXPECT_EQ(text_of(warehouse_.deliver(line)), "received 1: new 1");
  EXPECT_EQ(warehouse_.value("SELECT received_at FROM api_event"), "2026-11-03 12:00:00+00");
  auto keyed = warehouse_.delivery(fmt::format(
      R"({{"backtrail_archive":1,"kind":"quarantine","account_id":"","received_at":"2020-01-01T00:00:00Z","door":"x","reason":"bomb","record_text":["x"]}})"));
  keyed.door = "import";  // and a key: no local import
  warehouse_.deliver(std::move(keyed));
  EXPECT_EQ(warehouse_.count("quarantine WHERE reason = 'bomb'"), 0);
}

TEST_F(ArchiveTest, DamagedLinesAreQuarantined) {
  warehouse_.keep("all", std::nullopt);
  auto import = [&](std::string body) {
    auto delivery = warehouse_.delivery(std::move(body));
    delivery.door = "import";
    delivery.key_id = "";
    return text_of(warehouse_.deliver(std::move(delivery)));
  };
  const std::string good = R"("received_at":"2026-11-01T00:00:00Z",)";
  EXPECT_EQ(import(R"({"backtrail_archive":2,)" + good + R"("record":{}})"), "received 1: quarantined 1");
  EXPECT_EQ(import(R"({"backtrail_archive":1,)" + good + R"("kind":"event"})"), "received 1: quarantined 1");
  EXPECT_EQ(import(R"({"backtrail_archive":1,"kind":"event","record":{}})"), "received 1: quarantined 1");
  EXPECT_EQ(import(R"({"backtrail_archive":1,)" + good + R"("record_text":"x"})"), "received 1: quarantined 1");
  EXPECT_EQ(import(R"({"backtrail_archive":1,)" + good + R"("record_base64":["?"]})"), "received 1: quarantined 1");
  EXPECT_EQ(import(R"({"backtrail_archive":1,)" + good + R"("kind":"event","record":{"a":1}})"),
            "received 1: quarantined 1");
  // Lines in lines end somewhere.
  std::string nested = "{}";
  for (int i = 0; i < 2000; ++i) nested = R"({"backtrail_archive":1,)" + good + R"("record":)" + nested + "}";
  EXPECT_EQ(import(nested), "received 1: quarantined 1");
}

TEST_F(ArchiveTest, AnArchiveThatCannotBeWrittenKeepsEverything) {
  warehouse_.deliver(event({.number = 1, .time = day_text(5) + "T10:00:00Z"}) + guardduty_json(1).dump() + "garbage");
  std::ofstream(archive()) << "a file where the folder should be";
  const std::string before = everything();
  const RetentionReport failed = run();
  EXPECT_THAT(failed.archive_failure, HasSubstr(archive().native()));
  EXPECT_EQ(everything(), before);
  EXPECT_EQ(failed.partitions_dropped + failed.findings_deleted + failed.quarantine_deleted, 0U);
  fs::remove(archive());
  EXPECT_EQ(run().archive_failure, "");
  EXPECT_EQ(warehouse_.count("api_event"), 0);
}

TEST_F(ArchiveTest, OneWriterAtATime) {
  const auto first = schema::Archive::open(archive());
  ASSERT_TRUE(first) << first.error().detail;
  warehouse_.deliver(event({.number = 1, .time = day_text(5) + "T10:00:00Z"}));
  EXPECT_THAT(run().archive_failure, HasSubstr("another process"));
  EXPECT_EQ(warehouse_.count("api_event"), 1);
}

TEST_F(ArchiveTest, AWarehouseThatArchivesDoesNotForgetTo) {
  run(kNowUs);
  const auto without = schema::run_retention(warehouse_.maintenance(), {.now_us = kNowUs, .clock_confirmed = true});
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().detail, HasSubstr("--no-archive"));
  EXPECT_TRUE(schema::run_retention(warehouse_.maintenance(),
                                    {.now_us = kNowUs, .clock_confirmed = true, .ends_archiving = true}));
  EXPECT_TRUE(schema::run_retention(warehouse_.maintenance(), {.now_us = kNowUs, .clock_confirmed = true}));
}

// Between the archive and the removal of its rows.
TEST_F(ArchiveTest, WhatComesInBetweenIsNotLost) {
  warehouse_.keep("event_insight", std::nullopt);  // days go by class, in a snapshot
  warehouse_.deliver(event({.number = 1, .time = day_text(5) + "T10:00:00Z"}) + guardduty_json(1).dump());
  int came = 0;
  run(kMuchLaterUs, [&] {
    ++came;
    warehouse_.deliver(event({.number = 10 + came, .time = day_text(5) + "T10:00:00Z"}) +
                       guardduty_json(1, fmt::format("2026-11-02T10:0{}:00Z", came)).dump());
  });
  EXPECT_GT(came, 0);
  EXPECT_EQ(warehouse_.count("api_event"), came);
  EXPECT_EQ(warehouse_.count("finding"), 1) << "it changed while it was archived";
  EXPECT_EQ(warehouse_.count("finding_version"), came + 1);
  run();
  EXPECT_EQ(warehouse_.count("api_event") + warehouse_.count("finding"), 0);
  import_archive();
  EXPECT_EQ(warehouse_.count("api_event"), came + 1);
  EXPECT_EQ(warehouse_.count("finding_version"), came + 1);
}

TEST_F(ArchiveTest, ADayThatGoesTakesNothingMore) {
  warehouse_.keep("quarantine", std::nullopt);
  warehouse_.deliver(event({.number = 1, .time = day_text(5) + "T10:00:00Z"}));
  std::string receipt;
  run(kMuchLaterUs, [&] {
    if (!receipt.empty()) return;
    receipt = text_of(warehouse_.deliver(event({.number = 2, .time = day_text(5) + "T10:00:00Z"}) +
                                         event({.number = 3, .time = day_text(4) + "T10:00:00Z"})));
  });
  EXPECT_EQ(receipt, "received 2: new 1 quarantined 1");
  EXPECT_EQ(warehouse_.value("SELECT reason || ': ' || detail || ' ' || kind FROM quarantine"),
            "too_old: the day is being removed event");
  EXPECT_EQ(warehouse_.count("api_event"), 1);
}

TEST_F(ArchiveTest, AHoldThatComesInBetweenHolds) {
  warehouse_.deliver(event({.number = 1, .time = day_text(5) + "T10:00:00Z"}) + guardduty_json(1).dump());
  bool held = false;
  const auto hold = [&] {
    if (std::exchange(held, true)) return;
    ASSERT_TRUE(schema::add_hold(
        warehouse_.maintenance(),
        {.account_id = kAccountA, .days = {kToday - 5, kToday + 1}, .reason = "a case", .by = "carol"}, kNowUs));
  };
  EXPECT_GT(run(kMuchLaterUs, hold).busy, 0U);
  EXPECT_EQ(warehouse_.count("api_event"), 1);
  EXPECT_EQ(warehouse_.count("finding"), 1);
  EXPECT_EQ(run().records_archived, 0U) << "what is held is not archived either";
  EXPECT_EQ(warehouse_.count("api_event"), 1);
}

TEST_F(ArchiveTest, ACrashLeavesRowsOrRowsAndTheirArchive) {
  warehouse_.deliver(event({.number = 1, .time = day_text(5) + "T10:00:00Z"}) + guardduty_json(1).dump());
  EXPECT_THROW(run(kMuchLaterUs, [] { throw std::bad_alloc(); }), std::exception);
  EXPECT_EQ(warehouse_.count("api_event"), 1);
  EXPECT_EQ(warehouse_.count("removal"), 0);
  EXPECT_EQ(check().records, 1U) << "the archive of the first set was there already";
  fs::create_directories(archive() / ".unfinished-0123");
  std::ofstream(archive() / ".unfinished-0123/part-0001.ndjson.zst") << "half";
  EXPECT_EQ(run().archive_failure, "");
  EXPECT_FALSE(fs::exists(archive() / ".unfinished-0123"));
  EXPECT_EQ(warehouse_.count("api_event"), 0);
  EXPECT_EQ(check().records, 2U) << "the same rows again are the same set";
  EXPECT_THAT(check().wrong, IsEmpty());
}

TEST_F(ArchiveTest, VerifyFindsWhatIsNotAsWritten) {
  warehouse_.deliver(events(1, 50, {.time = day_text(5) + "T10:00:00Z"}));
  run();
  fs::path part, manifest;
  for (const auto& entry : fs::recursive_directory_iterator(archive())) {
    if (entry.path().native().ends_with(".ndjson.zst")) part = entry.path();
    if (entry.path().filename() == "manifest.json") manifest = entry.path();
  }
  EXPECT_THAT(check().wrong, IsEmpty());
  const auto with = [&](const fs::path& path, auto change) {
    std::ifstream file(path, std::ios::binary);
    const std::string good(std::istreambuf_iterator<char>(file), {});
    std::string bad = good;
    change(bad);
    std::ofstream(path, std::ios::binary) << bad;
    const auto wrong = check().wrong.size();
    std::ofstream(path, std::ios::binary) << good;
    return wrong;
  };
  EXPECT_GT(with(part, [](std::string& bytes) { bytes[bytes.size() / 2] ^= 1; }), 0U);
  EXPECT_GT(with(part, [](std::string& bytes) { bytes.pop_back(); }), 0U);
  EXPECT_GT(with(part, [](std::string& bytes) { bytes += bytes; }), 0U);
  EXPECT_GT(
      with(manifest, [](std::string& text) { text.replace(text.find("\"records\": 50"), 13, "\"records\": 49"); }), 0U);
  EXPECT_GT(with(manifest, [](std::string& text) { text = "{}"; }), 0U);
  EXPECT_GT(with(manifest, [](std::string& text) { text = "["; }), 0U);
  EXPECT_GT(with(manifest, [](std::string& text) { text.replace(text.find("part-0001"), 9, "../part-1"); }), 0U);
  fs::rename(manifest, directory_ / "manifest.json");
  EXPECT_GT(check().wrong.size(), 0U) << "a set without its manifest";
  fs::rename(directory_ / "manifest.json", manifest);
  EXPECT_THAT(check().wrong, IsEmpty());
  EXPECT_FALSE(schema::check_archive(directory_ / "nowhere"));
}

TEST_F(ArchiveTest, ALargeRecordComesBackWhole) {
  warehouse_.keep("all", std::nullopt);
  Json large = event_json({.number = 1, .time = day_text(5) + "T10:00:00Z"});
  large["requestParameters"]["policy"] = std::string(400'000, '"') + "\n\xE2\x82\xAC";
  warehouse_.deliver(large.dump());
  warehouse_.deliver("not JSON \xE2\x82\xAC" + std::string(2'000'000, 'x'));
  const std::string before = everything();
  EXPECT_EQ(warehouse_.count("api_event"), 1);
  warehouse_.keep("all", 90);
  run();
  EXPECT_EQ(warehouse_.count("api_event") + warehouse_.count("quarantine"), 0);
  import_archive();
  EXPECT_EQ(everything(), before);
}

}  // namespace
}  // namespace backtrail::ingest
