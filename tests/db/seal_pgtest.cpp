// Sealing against a real database: what was rows comes back as it was, late events are told from duplicates, and
// whatever happens in between leaves every event where it was.
#include <algorithm>
#include <gmock/gmock.h>
#include <set>

#include "ingest/seal/sealer.hpp"
#include "ingest/seal/unseal.hpp"
#include "ingest/seal/verify.hpp"
#include "schema/block_format/directory_codec.hpp"
#include "schema/parts/part_store.hpp"
#include "tests/db/ingest_warehouse.hpp"

namespace backtrail::ingest::seal {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int32_t kDay = 20'759;  // 2026-11-02

class SealTest : public ::testing::Test {
 protected:
  SealTest() {
    const pqxx::binarystring bytes(warehouse_.rows("SELECT hash_key FROM warehouse_key")[0][0]);
    std::copy_n(bytes.data(), key_.bytes.size(), key_.bytes.begin());
  }

  SealReport seal(SealOptions options = {}) {
    auto report = try_seal(std::move(options));
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().detail);
    return report ? *report : SealReport{};
  }
  schema::Result<SealReport> try_seal(SealOptions options = {}) {
    options.now_us = kNowUs;
    return seal_day(warehouse_.maintenance(), key_, kDay, options);
  }
  UnsealReport unseal() {
    const auto report = unseal_day(warehouse_.maintenance(), kDay, std::nullopt);
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().detail);
    return report ? *report : UnsealReport{};
  }
  VerifyReport verify() {
    const auto report = verify_parts(warehouse_.maintenance(), key_, {0, 40'000});
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().detail);
    return report ? *report : VerifyReport{};
  }
  std::vector<std::string> damage() {
    std::vector<std::string> texts;
    for (const auto& damaged : verify().damaged) texts.push_back(damaged.what);
    return texts;
  }
  // Everything of the rows, the time of receipt as well.
  std::string rows() {
    return warehouse_.picture() + warehouse_.value(
                                      "SELECT md5(string_agg(e::text, ' ' ORDER BY e::text)) FROM "
                                      "api_event AS e");
  }
  // A day of two accounts and two classes.
  void deliver_day() {
    warehouse_.deliver(events(1, 150));
    warehouse_.deliver(events(201, 70, {.api = "PutObject", .category = "Data"}));
    warehouse_.deliver(events(301, 20, {.account = kAccountB, .time = "2026-11-02T23:59:59.999999Z"}));
    warehouse_.deliver(event({.number = 5, .agent = "another content"}));
    warehouse_.deliver(events(401, 3, {.time = "2026-11-01T10:00:00Z"}));
  }
  int rows_of_day() { return warehouse_.count("api_event WHERE event_day = '2026-11-02'"); }

  IngestWarehouse warehouse_;
  schema::HashKey key_;
};

TEST_F(SealTest, RowsBecomePartsAndRowsAgain) {
  deliver_day();
  const std::string before = rows();
  const auto report = seal();
  EXPECT_EQ(report.events, 241U);
  EXPECT_EQ(report.parts, 3U);
  EXPECT_THAT(report.refused, IsEmpty());
  EXPECT_EQ(rows_of_day(), 0);
  EXPECT_EQ(warehouse_.count("event_mention WHERE event_day = '2026-11-02'"), 0);
  EXPECT_EQ(warehouse_.count("api_event"), 3) << "other days stay";
  EXPECT_EQ(warehouse_.value("SELECT account_id || ' ' || part_no || ' ' || event_class || ' ' || n FROM event_part "
                             "ORDER BY account_id, part_no"),
            "111122223333 0 1 151 111122223333 1 2 70 444455556666 0 1 20");
  const auto verified = verify();
  EXPECT_EQ(verified.events, 241U);
  EXPECT_THAT(verified.damaged, IsEmpty());
  EXPECT_EQ(seal().runs, 0U) << "nothing is left";
  const auto back = unseal();
  EXPECT_EQ(back.events, 241U);
  EXPECT_EQ(back.parts, 3U);
  EXPECT_EQ(rows(), before);
  for (const char* table : {"event_part", "event_piece", "event_directory"})
    EXPECT_EQ(warehouse_.count(table), 0) << table;
}

TEST_F(SealTest, RunsOfFewAccountsGiveTheSame) {
  deliver_day();
  SealOptions options;
  options.run_events = 1;
  std::vector<std::uint64_t> steps;
  options.progress = [&](std::uint64_t events) { steps.push_back(events); };
  const auto report = seal(options);
  EXPECT_EQ(report.runs, 2U);
  EXPECT_THAT(steps, ElementsAre(221U, 241U));
  EXPECT_THAT(verify().damaged, IsEmpty());
}

// Rows are fetched 2,000 at a time.
TEST_F(SealTest, RowsOfOneFetchAndOneMoreAreSealed) {
  warehouse_.deliver(events(1, 2'000));
  const std::string before = rows();
  EXPECT_EQ(seal().events, 2'000U);
  unseal();
  EXPECT_EQ(rows(), before);
  warehouse_.deliver(event({.number = 2'001}));
  EXPECT_EQ(seal().events, 2'001U);
  EXPECT_EQ(rows_of_day(), 0);
  EXPECT_THAT(verify().damaged, IsEmpty());
}

TEST_F(SealTest, LateEventsAreToldFromDuplicates) {
  deliver_day();
  seal();
  EXPECT_EQ(text_of(warehouse_.deliver(events(1, 150))), "received 150: duplicates 150");
  EXPECT_EQ(text_of(warehouse_.deliver(event({.number = 5, .agent = "another content"}))), "received 1: duplicates 1");
  EXPECT_EQ(rows_of_day(), 0);
  warehouse_.value("DELETE FROM alert");
  // One known, one with other content, one new, one new twice.
  EXPECT_EQ(text_of(warehouse_.deliver(event({.number = 7}) + event({.number = 8, .agent = "changed"}) +
                                       event({.number = 901}) + event({.number = 902}) + event({.number = 902}))),
            "received 5: new 2 duplicates 2 variants 1");
  EXPECT_EQ(warehouse_.value("SELECT account_id || ' ' || kind || ' ' || subject FROM alert"),
            "111122223333 event_variant 2026-11-02/00000000-0000-4000-8000-000000000008");
  EXPECT_EQ(rows_of_day(), 3);
  EXPECT_EQ(text_of(warehouse_.deliver(event({.number = 8, .agent = "changed"}))), "received 1: duplicates 1");
  // The same id in another account is another event.
  EXPECT_EQ(text_of(warehouse_.deliver(event({.number = 7, .account = kAccountB}))), "received 1: new 1");
  const auto late = seal();
  EXPECT_EQ(late.events, 4U);
  EXPECT_EQ(warehouse_.value("SELECT max(part_no) FROM event_part WHERE account_id = '111122223333'"), "2");
  EXPECT_THAT(verify().damaged, IsEmpty());
  EXPECT_EQ(text_of(warehouse_.deliver(event({.number = 902}) + event({.number = 8, .agent = "changed"}))),
            "received 2: duplicates 2");
}

Json ocsf_copy(int number) {
  return {{"class_uid", 6003},
          {"time", schema::parse_rfc3339("2026-11-02T10:00:00Z")->us / 1000},
          {"metadata",
           {{"uid", fmt::format("00000000-0000-4000-8000-{:012}", number)},
            {"version", "1.1.0"},
            {"product", {{"name", "CloudTrail"}, {"vendor_name", "AWS"}, {"version", "1.11"}}}}},
          {"cloud", {{"region", "eu-west-1"}, {"account", {{"uid", kAccountA}}}}},
          {"api", {{"operation", "GetObject"}, {"service", {{"name", "s3.amazonaws.com"}}}}}};
}

TEST_F(SealTest, CopiesStayRowsAndKnowTheirSealedRecord) {
  warehouse_.deliver(event({.number = 1}) + ocsf_copy(2).dump());
  EXPECT_EQ(seal().events, 1U);
  EXPECT_EQ(rows_of_day(), 1);
  EXPECT_EQ(text_of(warehouse_.deliver(ocsf_copy(1).dump())), "received 1: duplicates 1");
  EXPECT_EQ(text_of(warehouse_.deliver(event({.number = 2}))), "received 1: updated 1");
  Json odd = ocsf_copy(1);
  odd["api"]["operation"] = "DeleteObject";
  EXPECT_EQ(text_of(warehouse_.deliver(odd.dump())), "received 1: variants 1");
  EXPECT_EQ(seal().events, 2U);
  EXPECT_EQ(rows_of_day(), 0);
  EXPECT_EQ(text_of(warehouse_.deliver(odd.dump())), "received 1: duplicates 1");
  EXPECT_THAT(verify().damaged, IsEmpty());
}

TEST_F(SealTest, ALostConnectionAtAnyStatementChangesNothing) {
  deliver_day();
  const std::string before = rows();
  int statements = 0;
  SealOptions count;
  count.before_statement = [&](std::string_view) { ++statements; };
  seal(count);
  unseal();
  ASSERT_EQ(rows(), before);
  ASSERT_GT(statements, 20);
  int seen = 0;
  for (int at = 1; at <= statements; ++at) {
    int n = 0;
    SealOptions killed;
    killed.run_events = 1'000'000;
    killed.before_statement = [&](std::string_view) {
      if (++n != at) return;
      ++seen;
      warehouse_.value(
          "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE usename = 'backtrail_maintenance' "
          "AND datname = current_database()");
    };
    const auto report = try_seal(killed);
    // The last run finds nothing to seal: what it loses, the one before has committed.
    if (report || warehouse_.count("event_part") > 0) {
      EXPECT_EQ(rows_of_day(), 0) << at;
      EXPECT_THAT(damage(), IsEmpty());
      unseal();
    }
    EXPECT_EQ(rows(), before) << at;
    EXPECT_EQ(warehouse_.count("event_part"), 0) << at;
  }
  EXPECT_EQ(seen, statements);
  EXPECT_EQ(seal().events, 241U);
}

TEST_F(SealTest, WritersThatHoldTheDayAreNotPushedAside) {
  deliver_day();
  const std::string before = rows();
  pqxx::connection connection(warehouse_.database().admin_connection_string());
  pqxx::work writer(connection);
  writer.exec(fmt::format("SELECT pg_advisory_xact_lock_shared(1, {})", kDay));
  const auto report = try_seal();
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, schema::Code::kTimeout);
  EXPECT_EQ(rows(), before);
  writer.commit();
  EXPECT_EQ(seal().events, 241U);
}

TEST_F(SealTest, WhatComesWhileADayIsSealedStaysARow) {
  deliver_day();
  bool once = false;
  SealOptions options;
  options.before_statement = [&](std::string_view statement) {
    if (statement != "event_lock_day_alone" || std::exchange(once, true)) return;
    EXPECT_EQ(text_of(warehouse_.deliver(event({.number = 950}) + event({.number = 1}))),
              "received 2: new 1 duplicates 1");
  };
  options.run_events = 1'000'000;
  const auto report = seal(options);
  EXPECT_EQ(report.events, 242U) << "the late one is sealed by the next run";
  EXPECT_EQ(report.runs, 2U);
  EXPECT_EQ(rows_of_day(), 0);
  EXPECT_THAT(verify().damaged, IsEmpty());
}

TEST_F(SealTest, RowsThatGoWhileADayIsSealedAreNotSealed) {
  deliver_day();
  bool once = false;
  SealOptions options;
  options.before_statement = [&](std::string_view statement) {
    if (statement != "event_lock_day_alone" || std::exchange(once, true)) return;
    warehouse_.value(
        "WITH gone AS (DELETE FROM api_event WHERE event_id::text LIKE '%000000000301' RETURNING event_id) "
        "DELETE FROM event_mention AS m USING gone AS g WHERE m.event_id = g.event_id");
  };
  EXPECT_EQ(seal(options).events, 240U);
  EXPECT_EQ(verify().events, 240U);
}

TEST_F(SealTest, TwoEntitiesWithOneHashStayRows) {
  deliver_day();
  Json other = event_json({.number = 980, .account = kAccountB});
  other["userIdentity"]["principalId"] = "AIDAEXAMPLEOTHER0001";
  warehouse_.deliver(other.dump());
  warehouse_.value(
      "UPDATE api_event SET principal_hash = (SELECT principal_hash FROM api_event WHERE event_id::text "
      "LIKE '%000000000301') WHERE event_id::text LIKE '%000000000980'");
  const auto report = seal();
  EXPECT_EQ(report.events, 221U);
  EXPECT_THAT(report.refused, ElementsAre(std::pair(kAccountB, "two entities have one hash")));
  EXPECT_EQ(rows_of_day(), 21);
}

TEST_F(SealTest, DamagedRecordsStayRows) {
  deliver_day();
  warehouse_.value("UPDATE api_event SET raw = '\\x0301' WHERE event_id::text LIKE '%000000000301'");
  const auto report = seal();
  EXPECT_EQ(report.events, 221U);
  ASSERT_TRUE(report.refused.contains(kAccountB));
  EXPECT_THAT(report.refused.at(kAccountB), HasSubstr("damaged"));
  EXPECT_EQ(rows_of_day(), 20);
}

TEST_F(SealTest, OneSealerADay) {
  deliver_day();
  pqxx::connection connection(warehouse_.database().admin_connection_string());
  pqxx::work other(connection);
  other.exec(fmt::format("SELECT pg_advisory_xact_lock(4, {})", kDay));
  EXPECT_TRUE(seal().another_seals);
  EXPECT_EQ(rows_of_day(), 241);
}

TEST_F(SealTest, VerifyFindsEveryKindOfDamage) {
  deliver_day();
  seal();
  const std::vector<std::string> damages{
      "UPDATE event_piece SET bytes = set_byte(bytes, 40, get_byte(bytes, 40) # 1) WHERE kind = 4",
      "UPDATE event_piece SET bytes = bytes || '\\x00' WHERE account_id = '444455556666' AND kind = 4",
      "UPDATE event_piece SET bytes = substring(bytes FROM 2) WHERE account_id = '444455556666' AND kind = 4",
      "UPDATE event_part SET layout = set_byte(layout, 1, get_byte(layout, 1) # 1) WHERE account_id = '444455556666'",
      "UPDATE event_piece SET bytes = set_byte(bytes, 5, get_byte(bytes, 5) # 1) WHERE kind = 1",
      "DELETE FROM event_piece WHERE account_id = '444455556666' AND kind = 4",
      "UPDATE event_part SET n = n + 1 WHERE account_id = '444455556666'",
      "DELETE FROM event_directory",
      "DELETE FROM event_piece WHERE account_id = '444455556666' AND kind = 3"};
  EXPECT_THAT(damage(), IsEmpty());
  for (const auto& sql : damages) {
    pqxx::connection connection(warehouse_.database().admin_connection_string());
    pqxx::nontransaction session(connection);
    session.exec("SET search_path = backtrail");
    for (const char* table : {"event_part", "event_piece", "event_directory"})
      session.exec(fmt::format("CREATE TEMP TABLE saved_{0} AS SELECT * FROM {0}", table));
    session.exec(sql);
    EXPECT_THAT(damage(), ::testing::Not(IsEmpty())) << sql;
    for (const char* table : {"event_part", "event_piece", "event_directory"})
      session.exec(fmt::format("DELETE FROM {0}; INSERT INTO {0} SELECT * FROM saved_{0}", table));
    EXPECT_THAT(damage(), IsEmpty()) << sql;
  }
}

TEST_F(SealTest, TheDirectoryTellsOnlyTheCallersAccounts) {
  warehouse_.deliver(event({.number = 1}) + event({.number = 2, .account = kAccountB}));
  seal();
  const auto hash = schema::entity_hash(key_, schema::EntityKind::kIpAddress, "198.51.100.7");
  schema::Database api({.connection_string = warehouse_.database().connection_string("backtrail_api")});
  const auto told = [&](const schema::AccountScope& scope, std::int64_t wanted, const char* to = "2026-11-02") {
    return api
        .read(scope,
              [&](schema::Transaction& tx) -> schema::Result<std::string> {
                std::string text;
                for (const auto& row : tx.exec_text(fmt::format(
                         "SELECT account_id FROM entity_accounts(ARRAY[{}]::bigint[], '2026-11-01', '{}') ORDER BY 1",
                         wanted, to)))
                  text += std::string(row[0].c_str()) + " ";
                return text;
              })
        .value();
  };
  using schema::AccountScope;
  EXPECT_EQ(told(AccountScope::all(), hash), "111122223333 444455556666 ");
  EXPECT_EQ(told(AccountScope::of({kAccountB}).value(), hash), "444455556666 ");
  EXPECT_EQ(told(AccountScope::of({"999999999999"}).value(), hash), "");
  EXPECT_EQ(told(AccountScope::none(), hash), "");
  EXPECT_EQ(told(AccountScope::all(), hash + 1'099'511'627'776), "");
  EXPECT_EQ(told(AccountScope::all(), hash, "2026-11-01"), "");
}

// Whatever the bytes of hashes are: three of them are signs of LIKE, which the look-up uses.
TEST_F(SealTest, TheDirectoryFindsHashesOfAnyBytes) {
  std::vector<schema::DirectoryEntry> entries;
  std::vector<std::int64_t> hashes;
  const std::vector<std::uint64_t> bytes{0x25, 0x5C, 0x5F, 0x00, 0xFF, 0x41};
  for (const std::uint64_t a : bytes)
    for (const std::uint64_t b : bytes)
      for (const std::uint64_t c : bytes) hashes.push_back(static_cast<std::int64_t>(a << 56 | b << 48 | c << 40 | 7));
  for (std::size_t i = 0; i < hashes.size(); i += 2) entries.push_back({hashes[i], 111'122'223'333});
  pqxx::connection connection(warehouse_.database().admin_connection_string());
  pqxx::nontransaction session(connection);
  session.exec("SET search_path = backtrail; SET app.accounts = '*'");
  for (const auto& row : schema::encode_directory(entries))
    session.exec_params("INSERT INTO event_directory (slot, day, run_no, bytes) VALUES ($1, '2026-11-02', 0, $2)",
                        row.slot, pqxx::binarystring(row.bytes));
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const auto found = session.exec_params(
        "SELECT account_id FROM entity_accounts(ARRAY[$1]::bigint[], '2026-11-01', '2026-11-03')", hashes[i]);
    EXPECT_EQ(found.size(), i % 2 == 0 ? 1 : 0) << std::hex << hashes[i];
  }
}

TEST_F(SealTest, DaysAreDroppedWholeAndClassesExpireAlone) {
  deliver_day();
  seal();
  warehouse_.keep("event_data", 1);
  const std::int64_t now_us = kNowUs + schema::kMicrosPerDay;
  EXPECT_EQ(warehouse_.expire(now_us).events_deleted, 70U);
  EXPECT_EQ(warehouse_.value("SELECT string_agg(DISTINCT event_class::text, ' ') FROM event_part"), "1");
  EXPECT_EQ(warehouse_.value("SELECT string_agg(DISTINCT account_id || part_no, ' ' ORDER BY account_id || part_no) "
                             "FROM event_piece"),
            "1111222233330 4444555566660");
  EXPECT_EQ(verify().events, 171U);
  // The whole day, although no row of it is left.
  warehouse_.value("DELETE FROM api_event");
  EXPECT_EQ(warehouse_.expire(kNowUs + 91 * schema::kMicrosPerDay).partitions_dropped, 1U);
  EXPECT_EQ(warehouse_.value("SELECT row_count || ' ' || from_day FROM removal WHERE what = 'event'"),
            "171 2026-11-02");
  for (const char* table : {"event_part", "event_piece", "event_directory"})
    EXPECT_EQ(warehouse_.count(table), 0) << table;
  EXPECT_EQ(warehouse_.count("pg_class WHERE relname LIKE '%20261102_20261103%' AND relkind IN ('r', 'i')"), 0);
}

TEST_F(SealTest, ShrinksTheIndexesOfASealedDay) {
  deliver_day();
  seal();
  const auto size = [&] {
    return std::stol(warehouse_.value("SELECT pg_indexes_size('api_event_20261102_20261103')"));
  };
  const long before = size();
  const auto shrunk = shrink_day(warehouse_.maintenance(), kDay);
  ASSERT_TRUE(shrunk.has_value()) << shrunk.error().detail;
  EXPECT_TRUE(*shrunk);
  EXPECT_LE(size(), before);
  EXPECT_EQ(text_of(warehouse_.deliver(event({.number = 1}) + event({.number = 990}))),
            "received 2: new 1 duplicates 1");
}

TEST_F(SealTest, ChoosesQuietOldDays) {
  deliver_day();
  const auto chosen = [&](std::int64_t now_us) {
    const auto days = days_to_seal(warehouse_.maintenance(), now_us);
    EXPECT_TRUE(days.has_value()) << (days ? "" : days.error().detail);
    return days ? *days : std::vector<std::int32_t>{};
  };
  EXPECT_THAT(chosen(kNowUs), IsEmpty()) << "both days had an event just now, and one is young";
  EXPECT_THAT(chosen(kNowUs + kQuietUs), ElementsAre(kDay - 1));
  EXPECT_THAT(chosen(kNowUs + schema::kMicrosPerDay), ElementsAre(kDay - 1, kDay));
  seal();
  EXPECT_THAT(chosen(kNowUs + schema::kMicrosPerDay), ElementsAre(kDay - 1));
  warehouse_.deliver(event({.number = 991}));
  EXPECT_THAT(chosen(kNowUs + schema::kMicrosPerDay - 1), ElementsAre(kDay - 1)) << "late ones once a day";
  EXPECT_THAT(chosen(kNowUs + schema::kMicrosPerDay), ElementsAre(kDay - 1, kDay));
}

}  // namespace
}  // namespace backtrail::ingest::seal
