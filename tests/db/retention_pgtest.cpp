// What a retention run deletes, and what it must not.
#include <gmock/gmock.h>

#include "schema/retention/partitions.hpp"
#include "tests/db/ingest_warehouse.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;
using schema::kMicrosPerDay;

const std::int32_t kToday = schema::day_of(kNowUs);

std::string day_text(int days_ago) {
  return schema::format_day(kToday - days_ago);
}

// Runs as the clock shows so many days after kNowUs.
schema::RetentionReport run(IngestWarehouse& warehouse, int days_later) {
  return warehouse.expire(kNowUs + days_later * kMicrosPerDay);
}

// One event of each class, so many days ago.
std::string four_events(int first_number, int days_ago) {
  std::string body;
  for (const char* category : {"Management", "Data", "Insight", "NetworkActivity"})
    body += event({.number = first_number++, .time = day_text(days_ago) + "T10:00:00Z", .category = category}) + "\n";
  return body;
}

std::string kept(const IngestWarehouse& warehouse) {
  return warehouse.value(
      "SELECT event_class || ':' || string_agg(to_char(event_day, 'MM-DD'), ',' ORDER BY event_day) FROM api_event "
      "GROUP BY event_class ORDER BY event_class");
}

TEST(RetentionTest, DeletesEachClassByItsOwnRule) {
  IngestWarehouse warehouse;
  const std::pair<const char*, std::optional<int>> days[] = {
      {"event_management", 40}, {"event_data", 20}, {"event_insight", std::nullopt}, {"event_network_activity", 30}};
  for (const auto& [kind, count] : days) warehouse.keep(kind, count);
  const std::string body = four_events(1, 0) + four_events(11, 10) + four_events(21, 15);
  EXPECT_EQ(text_of(warehouse.deliver(body)), "received 12: new 12");
  const std::string everything = kept(warehouse);

  // 20 days are kept of data events: those of the tenth day go when the clock shows the eleventh day more.
  EXPECT_EQ(run(warehouse, 5).events_deleted, 0U);
  EXPECT_EQ(kept(warehouse), everything);
  EXPECT_EQ(run(warehouse, 6).events_deleted, 1U);
  EXPECT_EQ(kept(warehouse), "1:10-19,10-24,11-03 2:10-24,11-03 3:10-19,10-24,11-03 4:10-19,10-24,11-03");
  EXPECT_EQ(run(warehouse, 6).events_deleted, 0U) << "a second run finds nothing";
  EXPECT_EQ(run(warehouse, 16).events_deleted, 2U);
  EXPECT_EQ(kept(warehouse), "1:10-19,10-24,11-03 2:11-03 3:10-19,10-24,11-03 4:10-24,11-03");
  const auto last = run(warehouse, 500);
  EXPECT_EQ(last.partitions_dropped, 0U) << "insights are kept for ever";
  EXPECT_EQ(kept(warehouse), "3:10-19,10-24,11-03");
  // Mentions go with their events.
  EXPECT_EQ(warehouse.count("event_mention AS m WHERE NOT EXISTS (SELECT FROM api_event AS e WHERE e.event_day = "
                            "m.event_day AND e.account_id = m.account_id "
                            "AND e.event_id = m.event_id AND e.content_fp = m.content_fp)"),
            0);
  EXPECT_EQ(warehouse.count("event_mention"), 3);
}

TEST(RetentionTest, DropsAWholeDayAtOnce) {
  IngestWarehouse warehouse;
  warehouse.deliver(four_events(1, 0) + four_events(11, 5));
  EXPECT_EQ(run(warehouse, 85).partitions_dropped, 0U);
  EXPECT_EQ(warehouse.count("api_event"), 8);
  const auto report = run(warehouse, 86);
  EXPECT_EQ(report.partitions_dropped, 1U);
  EXPECT_EQ(report.events_deleted, 0U);
  EXPECT_EQ(warehouse.count("api_event"), 4);
  EXPECT_EQ(warehouse.count("event_mention"), 4);
  EXPECT_EQ(warehouse.count(fmt::format("event_partition WHERE from_day = '{}'", day_text(5))), 0);
}

TEST(RetentionTest, DeletesFromAYearWhatHasExpiredAndKeepsTheRest) {
  IngestWarehouse warehouse;
  warehouse.keep("all", std::nullopt);
  warehouse.deliver(event({.number = 1, .time = "2025-03-01T10:00:00Z"}) +
                    event({.number = 2, .time = "2025-09-01T10:00:00Z"}) +
                    event({.number = 3, .time = "2014-09-01T10:00:00Z"}));
  EXPECT_EQ(run(warehouse, 0).events_deleted, 0U);
  warehouse.keep("all", 500);  // from 2025-06-21 on
  const auto report = run(warehouse, 0);
  EXPECT_EQ(report.events_deleted, 1U);
  EXPECT_EQ(report.partitions_dropped, 1U) << "2014";
  EXPECT_EQ(warehouse.value("SELECT to_char(event_day, 'YYYY-MM-DD') FROM api_event"), "2025-09-01");
}

TEST(RetentionTest, FindingsGoWithVersionsAndEntitiesAfterTheirLastOccurrence) {
  IngestWarehouse warehouse;
  Json growing = guardduty_json(2);
  growing["service"]["eventLastSeen"] = "2026-11-03T09:00:00Z";
  growing["updatedAt"] = "2026-11-03T09:05:00Z";
  warehouse.deliver(guardduty_json(1).dump() + guardduty_json(2).dump() + growing.dump());
  // Last seen 2026-11-02T09:00: kept for 90 days to the second.
  const std::int64_t last_moment = schema::parse_rfc3339("2026-11-02T09:00:00Z")->us + 90 * kMicrosPerDay;
  EXPECT_EQ(warehouse.expire(last_moment).findings_deleted, 0U);
  EXPECT_EQ(warehouse.expire(last_moment + 1).findings_deleted, 1U);
  EXPECT_EQ(warehouse.value("SELECT count FROM finding"), "1");
  EXPECT_EQ(warehouse.count("finding_version"), 2);
  EXPECT_EQ(warehouse.count(
                "finding_entity AS e WHERE NOT EXISTS (SELECT FROM finding AS f WHERE f.finding_uid = e.finding_uid)"),
            0);
  warehouse.keep("finding", std::nullopt);
  EXPECT_EQ(run(warehouse, 5000).findings_deleted, 0U);
}

TEST(RetentionTest, QuarantineAndLedgerGoByTheirReceipt) {
  IngestWarehouse warehouse;
  warehouse.keep("delivery", 10);
  warehouse.deliver("garbage");
  const auto report = [&](std::int64_t now_us) { return warehouse.expire(now_us); };
  EXPECT_EQ(report(kNowUs + 10 * kMicrosPerDay).deliveries_deleted, 0U);
  EXPECT_EQ(report(kNowUs + 10 * kMicrosPerDay + 1).deliveries_deleted, 1U);
  EXPECT_EQ(report(kNowUs + 90 * kMicrosPerDay).quarantine_deleted, 0U);
  EXPECT_EQ(report(kNowUs + 90 * kMicrosPerDay + 1).quarantine_deleted, 1U);
}

TEST(RetentionTest, PreparesTheDaysAheadAndBehind) {
  IngestWarehouse warehouse;
  run(warehouse, 0);
  const auto partitions = schema::Partitions(warehouse.maintenance()).list().value();
  for (std::int32_t ahead = -schema::kPreparedDaysBack; ahead <= schema::kPreparedDaysAhead; ++ahead) {
    const schema::DayRange day{kToday + ahead, kToday + ahead + 1};
    EXPECT_EQ(std::count(partitions.begin(), partitions.end(), day), 1) << ahead;
  }
  EXPECT_EQ(partitions.size(), static_cast<std::size_t>(schema::kPreparedDaysBack + schema::kPreparedDaysAhead + 1));
  run(warehouse, 1);
  EXPECT_EQ(schema::Partitions(warehouse.maintenance()).list()->size(), partitions.size() + 1);
}

TEST(RetentionTest, AnEmptyPartitionGoesAWhileLater) {
  IngestWarehouse warehouse;
  ASSERT_TRUE(schema::Partitions(warehouse.ingest()).ensure({kToday - 5}, kToday));
  const auto there = [&] { return warehouse.count(fmt::format("event_partition WHERE from_day = '{}'", day_text(5))); };
  run(warehouse, 85 + schema::kEmptyKeptDays);
  EXPECT_EQ(there(), 1) << "a writer may be about to fill it";
  run(warehouse, 86 + schema::kEmptyKeptDays);
  EXPECT_EQ(there(), 0);
}

TEST(RetentionTest, APartWithoutARangeIsFoundAndRemoved) {
  IngestWarehouse warehouse;
  const auto insert = [&](const char* table, const char* values) {
    warehouse.value(fmt::format("INSERT INTO {} VALUES ('{}', '111122223333', 0, {})", table, day_text(5), values));
  };
  // As a writer leaves it that was sure of its range when retention removed that.
  insert("event_part", "1, 1, 1, now(), now(), now(), '\\x010000', ''");
  insert("event_piece", "4, 0, 0, '\\x00'");
  const auto there = [&] { return warehouse.count(fmt::format("event_partition WHERE from_day = '{}'", day_text(5))); };
  EXPECT_EQ(there(), 1);
  EXPECT_EQ(run(warehouse, 85).partitions_dropped, 0U);
  EXPECT_EQ(run(warehouse, 86).partitions_dropped, 1U);
  EXPECT_EQ(there(), 0);
  EXPECT_EQ(warehouse.count("event_part") + warehouse.count("event_piece"), 0);
}

TEST(RetentionTest, ADayThatIsInUseIsDroppedNextTime) {
  IngestWarehouse warehouse;
  warehouse.deliver(event({.number = 1, .time = day_text(5) + "T10:00:00Z"}));
  {
    pqxx::connection connection(warehouse.database().admin_connection_string());
    pqxx::work reader(connection);
    reader.exec("SELECT count(*) FROM backtrail.api_event");
    const auto report = run(warehouse, 86);
    EXPECT_EQ(report.partitions_dropped, 0U);
    EXPECT_EQ(report.busy, 1U);
    // Nobody stands behind a dropper that waits for the reader.
    EXPECT_EQ(text_of(warehouse.deliver(event({.number = 2}))), "received 1: new 1");
  }
  EXPECT_EQ(run(warehouse, 86).partitions_dropped, 1U);
}

TEST(RetentionRuleTest, RulesAreSetByKindAndReadBack) {
  IngestWarehouse warehouse;
  warehouse.keep("event_data", 7);
  warehouse.keep("finding", std::nullopt);
  const auto rules = schema::read_retention_rules(warehouse.ingest()).value();
  EXPECT_EQ(rules.at("event_data"), 7);
  EXPECT_EQ(rules.at("finding"), std::nullopt);
  EXPECT_EQ(rules.at("event_management"), 90);
  EXPECT_EQ(schema::set_retention(warehouse.maintenance(), "nonsense", 5).error().code, schema::Code::kBadParameter);
  EXPECT_EQ(schema::set_retention(warehouse.maintenance(), "finding", 0).error().code, schema::Code::kBadData);
  EXPECT_TRUE(schema::set_retention(warehouse.maintenance(), "finding", 36500).has_value());
  EXPECT_EQ(schema::set_retention(warehouse.maintenance(), "finding", 36501).error().code, schema::Code::kBadData);
}

}  // namespace
}  // namespace backtrail::ingest
