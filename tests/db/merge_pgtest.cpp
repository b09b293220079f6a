// Merging of parts against a real database: the same events in fewer parts and one directory, and what stays apart.
#include <set>

#include "ingest/seal/part_writer.hpp"
#include "ingest/seal/unseal.hpp"
#include "tests/db/merge_fixture.hpp"

namespace backtrail::ingest::seal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

}  // namespace
}  // namespace backtrail::ingest::seal
