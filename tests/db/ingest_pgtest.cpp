// What ingest promises about events: exact receipts, the same tables in any order, variants, bad rows, retention at the
// door.
#include <algorithm>
#include <gmock/gmock.h>
#include <random>
#include <thread>

#include "tests/db/ingest_warehouse.hpp"
#include "tests/support/compressed.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;

// --- receipts

std::string outcome(IngestWarehouse& warehouse, const std::string& body) {
  return text_of(warehouse.deliver(body));
}

TEST(IngestReceiptTest, EveryRecordHasAnOutcome) {
  IngestWarehouse warehouse;
  EXPECT_EQ(outcome(warehouse, events(1, 3)), "received 3: new 3");
  EXPECT_EQ(outcome(warehouse, events(1, 3)), "received 3: duplicates 3");
  EXPECT_EQ(outcome(warehouse, events(2, 3) + events(2, 3)), "received 6: new 1 duplicates 5");
  EXPECT_EQ(outcome(warehouse, events(10, 1) + "garbage\n{\"x\":1}\n" + events(11, 1)),
            "received 4: new 2 quarantined 2");
  EXPECT_EQ(outcome(warehouse, gzip(R"({"Records":[)" + event({.number = 20}) + "]}")), "received 1: new 1");
  EXPECT_EQ(outcome(warehouse, "garbage"), "received 1: quarantined 1");
  EXPECT_EQ(outcome(warehouse, guardduty_json(1).dump()), "received 1: new 1");
  EXPECT_EQ(outcome(warehouse, guardduty_json(1).dump() + event({.number = 1}) + "?"),
            "received 3: duplicates 2 quarantined 1");
  EXPECT_EQ(warehouse.count("api_event"), 7);
  EXPECT_EQ(warehouse.count("quarantine"), 3) << "the same bytes twice are one row";
}

TEST(IngestReceiptTest, KindsAreBookedByThemselves) {
  IngestWarehouse warehouse;
  Json nameless = guardduty_json(9);
  nameless.erase("id");
  nameless.erase("arn");
  const std::string body = events(1, 3) + event({.number = 1, .agent = "another"}) + guardduty_json(1).dump() +
                           guardduty_json(1, "2026-11-02T09:06:00Z").dump() + nameless.dump() +
                           event({.number = 4, .time = "yesterday"}) + "garbage\n{\"x\":1}";
  const Receipt receipt = warehouse.deliver(body);
  EXPECT_EQ(books_of(receipt),
            "all 10 4 0 1 1 0 4\n"
            "finding 3 1 0 0 1 0 1\n"
            "event 5 3 0 1 0 0 1\n"
            "unknown 2 0 0 0 0 0 2\n");
  EXPECT_EQ(warehouse.value("SELECT reason || ':' || kind FROM quarantine ORDER BY 1"),
            "missing_id:finding syntax:unknown time:event unknown_shape:unknown");
  EXPECT_EQ(books_of(warehouse.pipeline().totals_by_door().at("raw")), books_of(receipt));
}

// The database would not take books that do not balance.
TEST(IngestReceiptTest, TheLedgerRefusesBooksThatDoNotBalance) {
  IngestWarehouse warehouse;
  const std::string id = "'00000000-0000-4000-8000-000000000001'";
  EXPECT_THROW(warehouse.rows("INSERT INTO delivery_kind VALUES (" + id + ", 'event', 2, 1, 0, 0, 0, 0, 0)"),
               pqxx::check_violation);
  EXPECT_THROW(warehouse.rows("INSERT INTO delivery_kind VALUES (" + id + ", 'event', 0, 1, -1, 0, 0, 0, 0)"),
               pqxx::check_violation);
  EXPECT_THROW(warehouse.rows("INSERT INTO delivery_kind VALUES (" + id + ", 'thing', 1, 1, 0, 0, 0, 0, 0)"),
               pqxx::check_violation);
  EXPECT_THROW(warehouse.rows("INSERT INTO delivery VALUES (" + id + ", 'raw', '', now(), 0, 2, 1, 0, 0, 0, 0, 0)"),
               pqxx::check_violation);
}

TEST(IngestReceiptTest, NothingIsAnEmptyReceiptInTheLedger) {
  IngestWarehouse warehouse;
  for (const char* body : {"", "[]", R"({"Records":[]})", "null"}) EXPECT_EQ(outcome(warehouse, body), "received 0:");
  EXPECT_EQ(warehouse.count("delivery"), 4);
}

// A chunk of rows leaves for the writers before the delivery is parsed to its end.
TEST(IngestReceiptTest, DeliveriesOfAnySizeAreInTheLedger) {
  IngestWarehouse warehouse;
  int first = 1;
  for (const int size : {999, 1000, 1001, 2000, 3500}) {
    EXPECT_EQ(outcome(warehouse, events(first, size)), fmt::format("received {0}: new {0}", size));
    first += size;
  }
  EXPECT_EQ(warehouse.value("SELECT sum(new) FROM delivery"), warehouse.value("SELECT count(*) FROM api_event"));
}

TEST(IngestReceiptTest, TheSameRecordInAnotherSpellingIsADuplicate) {
  IngestWarehouse warehouse;
  const Json record = event_json({.number = 1});
  Json turned;
  for (auto it = record.rbegin(); it != record.rend(); ++it) turned[it.key()] = it.value();
  EXPECT_EQ(outcome(warehouse, record.dump()), "received 1: new 1");
  EXPECT_EQ(outcome(warehouse, turned.dump(4)), "received 1: duplicates 1");
}

TEST(IngestReceiptTest, TheSameIdInTwoAccountsIsTwoEvents) {
  IngestWarehouse warehouse;
  const std::string both = event({.number = 1}) + event({.number = 1, .account = kAccountB});
  EXPECT_EQ(outcome(warehouse, both), "received 2: new 2");
  EXPECT_EQ(outcome(warehouse, both), "received 2: duplicates 2");
  EXPECT_EQ(warehouse.count("alert"), 0);
}

TEST(IngestReceiptTest, TotalsAddUp) {
  IngestWarehouse warehouse;
  warehouse.deliver(events(1, 5));
  warehouse.deliver(events(3, 5) + "?");
  const Receipt totals = warehouse.pipeline().totals();
  EXPECT_TRUE(totals.balances());
  EXPECT_EQ(text_of(totals), "received 11: new 7 duplicates 3 quarantined 1");
}

// --- the same tables in any order

// Deliveries that overlap in every way: repeated events, other spellings left out (the first one's bytes stay),
// variants, findings in several states and shapes, bad records.
std::vector<std::string> corpus() {
  std::vector<std::string> deliveries;
  for (int i = 0; i < 12; ++i) {
    EventFacts facts{.account = i % 3 == 0 ? kAccountB : kAccountA,
                     .time = fmt::format("2026-10-{:02}T10:00:00Z", 20 + i % 4)};
    std::string body = events(i / 3 * 20, 30, facts);
    for (int number = 5000; number < 5010; ++number)
      body += event({.number = number, .agent = fmt::format("agent {}", i % 3)}) + "\n";
    for (int number = 1; number <= 5; ++number) {
      Json finding = guardduty_json(number, fmt::format("2026-11-02T09:{:02}:00Z", (i * 7 + number) % 12));
      finding["service"]["count"] = i % 4 + 1;
      finding["service"]["action"]["awsApiCallAction"]["remoteIpDetails"]["ipAddressV4"] =
          fmt::format("198.51.100.{}", i % 5);
      finding["title"] = fmt::format("Title {}", i);
      body += finding.dump() + "\n";
    }
    deliveries.push_back(body + fmt::format("garbage {}\n{{\"a\":1,\"a\":{}}}\n", i % 2, i % 3));
  }
  return deliveries;
}

TEST(IngestOrderTest, AnyOrderAnyNumberOfTimesGivesTheSameTables) {
  std::vector<std::string> deliveries = corpus();
  std::string wanted;
  {
    IngestWarehouse warehouse;
    for (const auto& body : deliveries) EXPECT_TRUE(warehouse.deliver(body).balances());
    wanted = warehouse.picture();
    EXPECT_EQ(warehouse.count("alert WHERE kind = 'event_variant'"), 10);
    for (const auto& body : deliveries) {
      const Receipt again = warehouse.deliver(body);
      EXPECT_EQ(again.fresh + again.variants + again.updated + again.stale, 0U);
    }
    EXPECT_EQ(warehouse.picture(), wanted);
  }
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < 3; ++round) {
    const auto seed = random();
    std::shuffle(deliveries.begin(), deliveries.end(), std::mt19937(seed));
    IngestWarehouse warehouse;
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
      warehouse.deliver(deliveries[i]);
      if (i % 3 == 0) warehouse.deliver(deliveries[i / 2]);
    }
    EXPECT_EQ(warehouse.picture(), wanted) << "order of seed " << seed;
  }
}

// --- variants

TEST(IngestVariantTest, BothAreKeptAndOneAlertIsRaised) {
  IngestWarehouse warehouse;
  EXPECT_EQ(outcome(warehouse, event({.number = 1, .agent = "one"})), "received 1: new 1");
  EXPECT_EQ(outcome(warehouse, event({.number = 1, .agent = "two"})), "received 1: variants 1");
  EXPECT_EQ(outcome(warehouse, event({.number = 1, .agent = "two"})), "received 1: duplicates 1");
  EXPECT_EQ(outcome(warehouse, event({.number = 1, .agent = "three"})), "received 1: variants 1");
  EXPECT_EQ(warehouse.count("api_event"), 3);
  EXPECT_EQ(warehouse.value("SELECT account_id || ' ' || kind || ' ' || subject FROM alert"),
            "111122223333 event_variant 2026-11-02/00000000-0000-4000-8000-000000000001");
}

// Two collectors store two contents of one event id at the same instant: neither sees the other's.
TEST(IngestVariantTest, TwoPushesAtTheSameInstantAreBothKeptAndTheSweepRaisesTheAlert) {
  IngestWarehouse warehouse({.parsers = 1});
  const auto other = warehouse.another_pipeline();
  // The day's partition is there, and both know the names: writers of one new name wait for each other.
  warehouse.deliver(event({.number = 8}));
  IngestWarehouse::deliver_to(*other, warehouse.delivery(event({.number = 8})));
  ASSERT_TRUE(warehouse.pipeline().sweep_variants());
  std::promise<Receipt> first, second;
  {
    // Both have inserted and wait at the ledger, before they can commit.
    pqxx::connection connection(warehouse.database().admin_connection_string());
    pqxx::work blocker(connection);
    blocker.exec("LOCK TABLE backtrail.delivery IN ACCESS EXCLUSIVE MODE");
    warehouse.pipeline().submit(warehouse.delivery(event({.number = 1, .agent = "one"})),
                                [&](const Receipt& receipt) { first.set_value(receipt); });
    other->submit(warehouse.delivery(event({.number = 1, .agent = "two"})),
                  [&](const Receipt& receipt) { second.set_value(receipt); });
    for (int waiting = 0; waiting < 2;)
      waiting = warehouse.count("pg_locks WHERE NOT granted AND relation = 'delivery'::regclass");
  }
  EXPECT_EQ(text_of(first.get_future().get()), "received 1: new 1");
  EXPECT_EQ(text_of(second.get_future().get()), "received 1: new 1");
  EXPECT_EQ(warehouse.count("api_event"), 3) << "both are kept";
  EXPECT_EQ(warehouse.count("alert"), 0);
  ASSERT_TRUE(other->sweep_variants());
  EXPECT_EQ(warehouse.value("SELECT kind || ' ' || subject FROM alert"),
            "event_variant 2026-11-02/00000000-0000-4000-8000-000000000001");
  ASSERT_TRUE(warehouse.pipeline().sweep_variants());
  EXPECT_EQ(warehouse.count("alert"), 1) << "once, whoever sweeps";
}

TEST(IngestVariantTest, ASweepThatFailsIsMadeUpForByTheNext) {
  IngestWarehouse warehouse;
  warehouse.deliver(event({.number = 1, .agent = "one"}));
  warehouse.deliver(event({.number = 1, .agent = "two"}));
  warehouse.value("DELETE FROM alert");
  warehouse.value("ALTER TABLE alert RENAME TO alert_away");
  EXPECT_FALSE(warehouse.pipeline().sweep_variants());
  warehouse.value("ALTER TABLE alert_away RENAME TO alert");
  ASSERT_TRUE(warehouse.pipeline().sweep_variants());
  EXPECT_EQ(warehouse.count("alert"), 1);
  // A day is swept once for what was written to it.
  warehouse.value("DELETE FROM alert");
  ASSERT_TRUE(warehouse.pipeline().sweep_variants());
  EXPECT_EQ(warehouse.count("alert"), 0);
}

TEST(IngestVariantTest, InOneBatchOneIsNewAndTheOthersAreVariants) {
  IngestWarehouse warehouse;
  const std::string three = event({.number = 1, .agent = "one"}) + event({.number = 1, .agent = "two"}) +
                            event({.number = 1, .agent = "three"});
  EXPECT_EQ(outcome(warehouse, three + event({.number = 2})), "received 4: new 2 variants 2");
  EXPECT_EQ(warehouse.count("alert"), 1);
  // In two accounts at once: one new in each.
  const auto variant = [](const char* account, const char* agent) {
    return event({.number = 7, .account = account, .agent = agent});
  };
  EXPECT_EQ(outcome(warehouse, variant(kAccountA, "x") + variant(kAccountA, "y") + variant(kAccountB, "x") +
                                   variant(kAccountB, "y")),
            "received 4: new 2 variants 2");
  EXPECT_EQ(warehouse.count("alert"), 3);
}

// --- rows that the database refuses

TEST(IngestPoisonTest, ARefusedRowIsQuarantinedAndItsNeighboursAreStored) {
  IngestWarehouse warehouse;
  // Nothing that passes the mappers is refused any more, as far as we know; so the database is made to.
  warehouse.value(
      "ALTER TABLE api_event ADD CONSTRAINT no_poison CHECK (api <> 'Poison'); "
      "ALTER TABLE finding ADD CONSTRAINT no_poison CHECK (title <> 'Poison')");
  std::string body;
  for (int number = 1; number <= 300; ++number)
    body += event({.number = number, .api = number % 100 == 50 ? "Poison" : "GetObject"}) + "\n";
  Json finding = guardduty_json(1);
  finding["title"] = "Poison";
  body += finding.dump() + "\n" + guardduty_json(2).dump();
  EXPECT_EQ(outcome(warehouse, body), "received 302: new 298 quarantined 4");
  EXPECT_EQ(warehouse.count("api_event"), 297);
  EXPECT_EQ(warehouse.count("finding"), 1);
  EXPECT_EQ(warehouse.count("finding_version"), 1);
  EXPECT_EQ(warehouse.value("SELECT DISTINCT reason || ' ' || account_id FROM quarantine"), "refused 111122223333");
  // The exact bytes, and nothing of the row in the detail but what the database named.
  EXPECT_EQ(warehouse.value("SELECT convert_from(raw, 'UTF8') FROM quarantine WHERE bytes = " +
                            std::to_string(finding.dump().size())),
            finding.dump());
  EXPECT_EQ(warehouse.value("SELECT count(*) FROM quarantine WHERE detail LIKE '%Failing row%'"), "0");
  EXPECT_EQ(outcome(warehouse, body), "received 302: duplicates 298 quarantined 4");
}

TEST(IngestPoisonTest, OtherDeliveriesOfTheBatchDoNotNoticeIt) {
  IngestWarehouse warehouse({.writers = 1});
  warehouse.value("ALTER TABLE api_event ADD CONSTRAINT no_poison CHECK (api <> 'Poison')");
  std::vector<std::promise<Receipt>> receipts(20);
  for (std::size_t i = 0; i < receipts.size(); ++i)
    warehouse.pipeline().submit(
        warehouse.delivery(event({.number = static_cast<int>(i), .api = i == 7 ? "Poison" : "GetObject"})),
        [&receipts, i](const Receipt& receipt) { receipts[i].set_value(receipt); });
  for (std::size_t i = 0; i < receipts.size(); ++i)
    EXPECT_EQ(text_of(receipts[i].get_future().get()), i == 7 ? "received 1: quarantined 1" : "received 1: new 1");
  EXPECT_EQ(warehouse.count("delivery"), 20);
}

// --- retention at the door, days near and far

TEST(IngestRetentionTest, WhatIsTooOldIsQuarantined) {
  IngestWarehouse warehouse;
  EXPECT_EQ(outcome(warehouse, event({.number = 1, .time = "2026-08-05T00:00:00Z"}) +
                                   event({.number = 2, .time = "2026-08-04T23:59:59Z"})),
            "received 2: new 1 quarantined 1");
  EXPECT_EQ(warehouse.value("SELECT reason FROM quarantine"), "too_old");
}

TEST(IngestRetentionTest, ForEverKeepsOldHistoryInFewPartitions) {
  IngestWarehouse warehouse;
  warehouse.keep("all", std::nullopt);
  const int before = warehouse.count("event_partition");
  std::string body;
  int number = 0;
  for (int year = 2008; year <= 2025; ++year)
    for (int month = 1; month <= 12; ++month)
      body += event({.number = ++number, .time = fmt::format("{}-{:02}-13T10:00:00Z", year, month)});
  EXPECT_EQ(outcome(warehouse, body), fmt::format("received {0}: new {0}", number));
  EXPECT_EQ(warehouse.count("event_partition") - before, 18) << "one a year";
  EXPECT_EQ(outcome(warehouse, events(1000, 3, {.time = "2014-02-03T10:00:00Z"})), "received 3: new 3");
  EXPECT_EQ(warehouse.count("event_partition") - before, 18);
  EXPECT_EQ(warehouse.value("SELECT to_char(min(event_time), 'YYYY-MM-DD') FROM api_event"), "2008-01-13");
}

TEST(IngestRetentionTest, EventsOfNextYearAreStoredWithAFlag) {
  IngestWarehouse warehouse;
  EXPECT_EQ(outcome(warehouse, event({.number = 1, .time = "2027-11-03T10:00:00Z"}) +
                                   event({.number = 2, .time = "2036-12-01T10:00:00Z"})),
            "received 2: new 1 quarantined 1");
  EXPECT_EQ(warehouse.value("SELECT flags FROM api_event"), std::to_string(schema::kFlagFuture));
  EXPECT_EQ(warehouse.value("SELECT reason FROM quarantine"), "time");
}

// Another process may drop a partition that this one still believes in.
TEST(IngestRetentionTest, ADroppedPartitionIsMadeAgain) {
  IngestWarehouse warehouse;
  EXPECT_EQ(outcome(warehouse, event({.number = 1})), "received 1: new 1");
  warehouse.value("SELECT drop_event_partition('2026-11-02', '2026-11-03')");
  EXPECT_EQ(outcome(warehouse, event({.number = 2})), "received 1: new 1");
  EXPECT_EQ(warehouse.count("api_event"), 1);
}

// --- when something is in the way

TEST(IngestTroubleTest, AFullQueueRefusesAndAConsumedOneAcceptsAgain) {
  IngestWarehouse warehouse({.parsers = 1, .writers = 1, .input_bytes_max = 1, .rows_bytes_max = 1});
  warehouse.pipeline();
  std::promise<Receipt> slow;
  Receipt refused;
  {
    pqxx::connection connection(warehouse.database().admin_connection_string());
    pqxx::work blocker(connection);
    blocker.exec("LOCK TABLE backtrail.api_event IN ACCESS EXCLUSIVE MODE");
    // Three chunks: one at the writer, one in the queue, one that holds up the parser.
    warehouse.pipeline().submit(warehouse.delivery(events(1, 3500)),
                                [&slow](const Receipt& receipt) { slow.set_value(receipt); });
    refused = warehouse.deliver(event({.number = 9000}));
  }
  ASSERT_TRUE(refused.error.has_value());
  EXPECT_EQ(refused.error->code, schema::Code::kOverload);
  EXPECT_EQ(text_of(slow.get_future().get()), "received 3500: new 3500");
  EXPECT_EQ(outcome(warehouse, event({.number = 9000})), "received 1: new 1");
}

// However many large deliveries are stuck, a small one finds a parser and a writer.
TEST(IngestTroubleTest, SmallDeliveriesDoNotWaitBehindLargeOnes) {
  constexpr std::size_t kSmallBytes = 100'000;
  IngestWarehouse warehouse({.parsers = 2, .writers = 2, .rows_bytes_max = 1, .small_bytes_max = kSmallBytes});
  EXPECT_EQ(outcome(warehouse, event({.number = 1})), "received 1: new 1");
  std::vector<std::future<Receipt>> large;
  {
    pqxx::connection connection(warehouse.database().admin_connection_string());
    pqxx::work blocker(connection);
    blocker.exec("SELECT pg_advisory_xact_lock(1, DATE '2026-11-03' - DATE '1970-01-01')");
    for (int number : {10'000, 20'000, 30'000}) {
      const auto body = events(number, 3500, {.time = "2026-11-03T10:00:00Z"});
      ASSERT_GT(body.size(), kSmallBytes);
      auto promise = std::make_shared<std::promise<Receipt>>();
      large.push_back(promise->get_future());
      warehouse.pipeline().submit(warehouse.delivery(body),
                                  [promise](const Receipt& receipt) { promise->set_value(receipt); });
    }
    for (int number = 2; number < 12; ++number)
      EXPECT_EQ(outcome(warehouse, event({.number = number})), "received 1: new 1");
    for (auto& receipt : large) EXPECT_NE(receipt.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  }
  for (auto& receipt : large) EXPECT_EQ(text_of(receipt.get()), "received 3500: new 3500");
}

TEST(IngestTroubleTest, ALostConnectionPromisesNothingAndTheNextDeliveryIsStored) {
  IngestWarehouse warehouse({.writers = 1});
  EXPECT_EQ(outcome(warehouse, event({.number = 1})), "received 1: new 1");
  warehouse.value(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = "
      "'backtrail_ingest'");
  const Receipt failed = warehouse.deliver(event({.number = 2}));
  if (failed.error) {
    EXPECT_EQ(failed.error->code, schema::Code::kDatabaseDown);
  }
  // Every connection of the pool may have been lost.
  for (int attempt = 0; attempt < 8 && warehouse.deliver(event({.number = 2})).error; ++attempt) {
  }
  EXPECT_EQ(outcome(warehouse, event({.number = 2}) + event({.number = 3})), "received 2: new 1 duplicates 1");
  EXPECT_EQ(warehouse.count("api_event"), 3);
  // Names that the lost transaction took along are written by the next one.
  EXPECT_EQ(warehouse.count("entity WHERE entity_key = 'arn:aws:s3:::bucket-2'"), 1);
}

TEST(IngestTroubleTest, TheEndOfAPipelineFinishesWhatWasSubmitted) {
  IngestWarehouse warehouse;
  std::atomic<int> stored{0};
  {
    const auto pipeline = warehouse.another_pipeline();
    for (int i = 0; i < 50; ++i)
      pipeline->submit(warehouse.delivery(events(i * 10, 10)),
                       [&stored](const Receipt& receipt) { stored += static_cast<int>(receipt.fresh); });
  }
  EXPECT_EQ(stored, 500);
  EXPECT_EQ(warehouse.count("api_event"), 500);
}

}  // namespace
}  // namespace backtrail::ingest
