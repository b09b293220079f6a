// The books when deliveries commit in pieces, when a piece is lost, and when a delivery comes again under its id.
#include <gmock/gmock.h>
#include <thread>

#include "ingest/load/ledger_writer.hpp"
#include "tests/db/ingest_warehouse.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;

constexpr int kEvents = 12'000;  // more than two batches

// From now on the `which`-th statement that stores events fails as if the database went away.
void lose_statement(IngestWarehouse& warehouse, int which) {
  warehouse.rows(fmt::format(
      "CREATE SEQUENCE tries; CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
      "IF nextval('backtrail.tries') = {} THEN RAISE EXCEPTION 'away' USING ERRCODE = '57P01'; END IF; RETURN NULL; "
      "END "
      "$$; CREATE TRIGGER lose BEFORE INSERT ON api_event FOR EACH STATEMENT EXECUTE FUNCTION lose()",
      which));
}

TEST(BooksTest, EveryCommitBooksWhatItStored) {
  IngestWarehouse warehouse;
  lose_statement(warehouse, 2);
  const Delivery delivery = warehouse.delivery(events(1, kEvents));
  const Receipt first = IngestWarehouse::deliver_to(warehouse.pipeline(), delivery);
  ASSERT_TRUE(first.error);
  const int stored = warehouse.count("api_event");
  EXPECT_GT(stored, 0);
  EXPECT_LT(stored, kEvents);
  EXPECT_EQ(warehouse.ledger(delivery.id), fmt::format("all {0} {0} 0 0 0 0 0\nevent {0} {0} 0 0 0 0 0\n", stored));

  const Receipt second = IngestWarehouse::deliver_to(warehouse.pipeline(), delivery);
  EXPECT_EQ(text_of(second), fmt::format("received {}: new {} duplicates {}", kEvents, kEvents - stored, stored));
  EXPECT_EQ(warehouse.ledger(delivery.id), fmt::format("all {0} {0} 0 0 0 0 0\nevent {0} {0} 0 0 0 0 0\n", kEvents));
}

TEST(BooksTest, WhatASenderSendsAgainIsADeliveryOfItsOwn) {
  IngestWarehouse warehouse;
  lose_statement(warehouse, 2);
  ASSERT_TRUE(IngestWarehouse::deliver_to(warehouse.pipeline(), warehouse.delivery(events(1, kEvents))).error);
  const Receipt again = warehouse.deliver(events(1, kEvents));
  EXPECT_FALSE(again.error);
  EXPECT_EQ(warehouse.value("SELECT sum(new) FROM delivery"), std::to_string(kEvents));
  EXPECT_EQ(warehouse.value("SELECT sum(duplicates) FROM delivery"), std::to_string(again.duplicates));
}

TEST(BooksTest, ADeliveryThatComesAgainUnderItsIdIsBookedOnce) {
  IngestWarehouse warehouse;
  const Delivery delivery = warehouse.delivery(events(1, 3) + event({.number = 1, .agent = "another"}) +
                                               guardduty_json(1).dump() + "garbage\n");
  const Receipt first = warehouse.deliver(delivery);
  EXPECT_EQ(text_of(first), "received 6: new 4 variants 1 quarantined 1");
  const Receipt second = IngestWarehouse::deliver_to(warehouse.pipeline(), delivery);
  EXPECT_EQ(text_of(second), "received 6: duplicates 5 quarantined 1");
  EXPECT_EQ(warehouse.ledger(delivery.id), books_of(first));
}

TEST(BooksTest, NothingComesAgainToo) {
  IngestWarehouse warehouse;
  const Delivery delivery = warehouse.delivery("[]");
  for (int turn = 0; turn < 2; ++turn) {
    EXPECT_EQ(text_of(IngestWarehouse::deliver_to(warehouse.pipeline(), delivery)), "received 0:");
    EXPECT_EQ(warehouse.ledger(delivery.id), "all 0 0 0 0 0 0 0\n");
  }
}

// Books by themselves, without what they are about.
class LedgerTest : public ::testing::Test {
 protected:
  static Receipt receipt(RecordKind kind, std::initializer_list<std::pair<RowOutcome, int>> outcomes) {
    Receipt made;
    for (const auto& [outcome, times] : outcomes)
      for (int i = 0; i < times; ++i) made.count(kind, outcome);
    return made;
  }
  // One commit of a try that had `before`, which grows.
  void book(const Receipt& stored, Receipt& before) {
    before.add(stored);
    const auto done = warehouse_.ingest().write(schema::AccountScope::none(), [&](auto& tx) -> schema::Result<int> {
      write_ledger(tx, {{delivery_, 100, stored, before}});
      return 0;
    });
    ASSERT_TRUE(done) << done.error().detail;
  }
  std::string ledger() { return warehouse_.ledger(delivery_.id); }

  IngestWarehouse warehouse_;
  Delivery delivery_ = warehouse_.delivery("");
};

TEST_F(LedgerTest, PiecesOfOneTryAddUp) {
  Receipt so_far;
  book(receipt(RecordKind::kEvent, {{RowOutcome::kNew, 3}, {RowOutcome::kDuplicate, 2}}), so_far);
  EXPECT_EQ(ledger(), books_of(so_far));
  book(receipt(RecordKind::kFinding, {{RowOutcome::kUpdated, 1}, {RowOutcome::kStale, 2}}), so_far);
  EXPECT_EQ(ledger(), books_of(so_far));
  book(receipt(RecordKind::kEvent,
               {{RowOutcome::kVariant, 1}, {RowOutcome::kQuarantined, 4}, {RowOutcome::kDuplicate, 1}}),
       so_far);
  EXPECT_EQ(ledger(), books_of(so_far));
  EXPECT_EQ(so_far.received, 14U);
}

// The second try begins with what the first had not come to.
TEST_F(LedgerTest, TriesInAnotherOrderEndWithTheSameBooks) {
  Receipt first, second;
  book(receipt(RecordKind::kEvent, {{RowOutcome::kNew, 5}, {RowOutcome::kQuarantined, 1}}), first);
  book(receipt(RecordKind::kEvent, {{RowOutcome::kNew, 4}, {RowOutcome::kDuplicate, 1}}), second);
  book(receipt(RecordKind::kNotice, {{RowOutcome::kNew, 2}}), second);
  book(receipt(RecordKind::kEvent, {{RowOutcome::kDuplicate, 5}, {RowOutcome::kQuarantined, 1}}), second);
  EXPECT_EQ(ledger(),
            "all 13 11 1 0 0 0 1\n"
            "event 11 9 1 0 0 0 1\n"
            "notice 2 2 0 0 0 0 0\n");
}

TEST_F(LedgerTest, ATryThatSawLessChangesNothing) {
  Receipt first, second;
  book(receipt(RecordKind::kEvent, {{RowOutcome::kNew, 5}, {RowOutcome::kDuplicate, 3}}), first);
  book(receipt(RecordKind::kEvent, {{RowOutcome::kDuplicate, 6}}), second);
  EXPECT_EQ(ledger(), books_of(first));
}

// Two writers have pieces of one delivery, and neither has seen the other's outcomes.
TEST_F(LedgerTest, WritersOfOneDeliveryAddOneAfterTheOther) {
  constexpr int kPieces = 40;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 2; ++writer)
    writers.emplace_back([&, writer] {
      Receipt so_far;
      const auto kind = writer == 0 ? RecordKind::kEvent : RecordKind::kFinding;
      for (int piece = 0; piece < kPieces; ++piece) book(receipt(kind, {{RowOutcome::kNew, 2}}), so_far);
    });
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(ledger(),
            "all 160 160 0 0 0 0 0\n"
            "finding 80 80 0 0 0 0 0\n"
            "event 80 80 0 0 0 0 0\n");
}

TEST_F(LedgerTest, AWriterMayNotRewriteWhatArrived) {
  Receipt so_far;
  book(receipt(RecordKind::kEvent, {{RowOutcome::kNew, 1}}), so_far);
  for (const char* column : {"received_at = now()", "door = 'x'", "key_id = 'x'", "bytes = 0"}) {
    const auto done = warehouse_.ingest().write(schema::AccountScope::all(), [&](auto& tx) -> schema::Result<int> {
      tx.exec_text(std::string("UPDATE backtrail.delivery SET ") + column);
      return 0;
    });
    EXPECT_FALSE(done) << column;
  }
}

}  // namespace
}  // namespace backtrail::ingest
