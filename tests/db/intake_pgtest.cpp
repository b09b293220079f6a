// What a sender is promised while the database is there, away, slow or gone for good; and that promises are kept.
#include <fstream>
#include <future>
#include <gtest/gtest.h>
#include <thread>

#include "ingest/intake.hpp"
#include "ingest/spool/delivery_codec.hpp"
#include "tests/db/ingest_warehouse.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

namespace backtrail::testing {
namespace {

using ingest::DbHealth;
using ingest::Intake;
using ingest::IntakeOptions;
using ingest::Receipt;
using std::chrono::milliseconds;

class IntakeTest : public ::testing::Test {
 protected:
  IntakeTest()
      : probe_(
            {.connection_string = warehouse_.database().connection_string("backtrail_ingest"), .max_connections = 1}) {
    open_spool();
  }

  void open_spool(ingest::spool::SpoolOptions options = {}) {
    spool_.reset();
    options.directory = directory_ / "spool";
    spool_ = ingest::spool::Spool::open(options).value();
  }
  void start(IntakeOptions options = {}, bool with_spool = true) {
    options.now_us = [] { return kNowUs; };
    health_ = std::make_unique<DbHealth>(probe_);
    intake_ = std::make_unique<Intake>(warehouse_.pipeline(), *health_, with_spool ? spool_.get() : nullptr, options);
  }
  std::future<Receipt> submit(std::string body) {
    auto promise = std::make_shared<std::promise<Receipt>>();
    intake_->submit(warehouse_.delivery(std::move(body)),
                    [promise](const Receipt& receipt) { promise->set_value(receipt); });
    return promise->get_future();
  }

  // Nobody can connect, and who is connected is thrown out.
  void take_database_away() {
    admin("ALTER DATABASE " + warehouse_.database().name() + " ALLOW_CONNECTIONS false");
    admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + warehouse_.database().name() +
          "'");
  }
  void bring_database_back() { admin("ALTER DATABASE " + warehouse_.database().name() + " ALLOW_CONNECTIONS true"); }
  void admin(const std::string& sql) {
    static const TestDatabase other(TestDatabase::Content::kEmpty);
    pqxx::connection connection(other.admin_connection_string());
    pqxx::nontransaction(connection).exec(sql);
  }
  bool drained() {
    return eventually([this] { return spool_->empty(); });
  }

  TempDir directory_;
  IngestWarehouse warehouse_;
  schema::Database probe_;
  std::unique_ptr<ingest::spool::Spool> spool_;
  std::unique_ptr<DbHealth> health_;
  std::unique_ptr<Intake> intake_;
};

TEST_F(IntakeTest, ACommitAnswers) {
  start();
  const Receipt receipt = submit(events(1, 3)).get();
  EXPECT_EQ(text_of(receipt), "received 3: new 3");
  EXPECT_FALSE(receipt.spooled);
  EXPECT_TRUE(spool_->empty());
  EXPECT_TRUE(eventually([this] { return intake_->status().bytes_under_way == 0; }));  // let go after the answer
}

TEST_F(IntakeTest, TheSpoolAnswersWhileTheDatabaseIsAwayAndIsDrainedAfterwards) {
  start();
  ASSERT_EQ(submit(event({.number = 1})).get().fresh, 1U);
  take_database_away();
  for (int number = 2; number <= 20; ++number) {
    const Receipt receipt = submit(event({.number = number})).get();
    EXPECT_TRUE(receipt.spooled) << text_of(receipt);
    EXPECT_FALSE(receipt.error);
  }
  EXPECT_TRUE(intake_->status().database_down);
  bring_database_back();
  ASSERT_TRUE(drained());
  EXPECT_EQ(warehouse_.count("api_event"), 20);
  EXPECT_EQ(warehouse_.value("SELECT sum(new) FROM delivery WHERE received > 0"), "20");
  EXPECT_EQ(intake_->status().spooled, 19U);
  EXPECT_EQ(intake_->status().drained, 19U);
  EXPECT_EQ(warehouse_.pipeline().totals().fresh, 20U);
}

TEST_F(IntakeTest, ASlowCommitIsAnsweredFromTheSpoolAndStoredOnce) {
  start({.spool_after = milliseconds(50)});
  pqxx::connection blocker(warehouse_.database().admin_connection_string());
  pqxx::work lock(blocker);
  lock.exec("LOCK TABLE backtrail.api_event IN ACCESS EXCLUSIVE MODE");
  const Receipt receipt = submit(event({.number = 1})).get();
  EXPECT_TRUE(receipt.spooled);
  EXPECT_EQ(intake_->status().spooled, 1U);
  lock.abort();
  ASSERT_TRUE(drained());
  EXPECT_EQ(intake_->status().drained, 1U);
  intake_.reset();
  EXPECT_EQ(warehouse_.count("api_event"), 1);
  // The drainer waited for the commit instead of storing it again beside it.
  EXPECT_EQ(warehouse_.value("SELECT new || ' ' || duplicates FROM delivery WHERE received > 0"), "1 0");
  EXPECT_EQ(warehouse_.pipeline().totals().received, 1U);
}

TEST_F(IntakeTest, ACommitThatFailsAfterItWasSpooledIsStoredFromTheSpool) {
  start({.spool_after = milliseconds(50)});
  pqxx::connection blocker(warehouse_.database().admin_connection_string());
  pqxx::work lock(blocker);
  lock.exec("LOCK TABLE backtrail.api_event IN ACCESS EXCLUSIVE MODE");
  EXPECT_TRUE(submit(event({.number = 1})).get().spooled);
  lock.abort();
  take_database_away();
  bring_database_back();
  ASSERT_TRUE(drained());
  EXPECT_EQ(warehouse_.count("api_event"), 1);
}

TEST_F(IntakeTest, NothingIsPromisedInTimeWhenNothingIsDurable) {
  open_spool({.directory = {}, .bytes_max = 1});
  start({.spool_after = milliseconds(20), .answer_within = milliseconds(100)});
  pqxx::connection blocker(warehouse_.database().admin_connection_string());
  pqxx::work lock(blocker);
  lock.exec("LOCK TABLE backtrail.api_event IN ACCESS EXCLUSIVE MODE");
  const Receipt receipt = submit(event({.number = 1})).get();
  ASSERT_TRUE(receipt.error);
  EXPECT_EQ(receipt.error->code, schema::Code::kOverload);
  lock.abort();
  // The sender tries again, on a busy machine more than once.
  EXPECT_TRUE(eventually([this] { return submit(event({.number = 1})).get().received == 1; }));
  intake_.reset();
  EXPECT_EQ(warehouse_.count("api_event"), 1);
}

TEST_F(IntakeTest, AFullSpoolRefusesWhileTheDatabaseIsAway) {
  open_spool({.directory = {}, .bytes_max = 1});
  start();
  take_database_away();
  EXPECT_TRUE(eventually([this] { return intake_->status().database_down; }));
  const Receipt receipt = submit(event({.number = 1})).get();
  ASSERT_TRUE(receipt.error);
  EXPECT_EQ(receipt.error->code, schema::Code::kOverload);
  EXPECT_EQ(intake_->status().refused, 1U);
  bring_database_back();
  EXPECT_TRUE(eventually([this] { return !intake_->status().database_down; }));
  EXPECT_TRUE(eventually([this] { return !submit(event({.number = 1})).get().error; }));
  EXPECT_EQ(warehouse_.count("api_event"), 1);
}

TEST_F(IntakeTest, WithoutASpoolTheSenderHearsOfIt) {
  start({}, false);
  take_database_away();
  const Receipt receipt = submit(event({.number = 1})).get();
  EXPECT_TRUE(receipt.error);
  bring_database_back();
  EXPECT_TRUE(eventually([this] { return !submit(event({.number = 1})).get().error; }));
  EXPECT_EQ(warehouse_.count("api_event"), 1);
}

TEST_F(IntakeTest, TooManyBytesUnderWayAreRefused) {
  const std::string body = event({.number = 1});
  start({.spool_after = milliseconds(60'000),
         .answer_within = milliseconds(60'000),
         .bytes_max = 2 * (body.size() + ingest::kTicketBytes),
         .canary_every = std::chrono::hours(24)});  // it would take room, too
  pqxx::connection blocker(warehouse_.database().admin_connection_string());
  pqxx::work lock(blocker);
  lock.exec("LOCK TABLE backtrail.api_event IN ACCESS EXCLUSIVE MODE");
  auto first = submit(body), second = submit(event({.number = 2}));
  EXPECT_EQ(submit(event({.number = 3})).get().error->code, schema::Code::kOverload);
  lock.abort();
  EXPECT_EQ(first.get().fresh, 1U);
  EXPECT_EQ(second.get().fresh, 1U);
  EXPECT_TRUE(eventually([this] { return intake_->status().bytes_under_way == 0; }));
  EXPECT_EQ(submit(event({.number = 3})).get().fresh, 1U);
}

TEST_F(IntakeTest, LargeDeliveriesLeaveRoomForSmallOnes) {
  const std::string body = event({.number = 1}), large = events(10, 10);
  const std::size_t reserved = 2 * (body.size() + ingest::kTicketBytes);
  start({.spool_after = milliseconds(60'000),
         .answer_within = milliseconds(60'000),
         .bytes_max = large.size() + ingest::kTicketBytes + reserved,
         .reserved_bytes = reserved,
         .small_bytes_max = body.size(),
         .canary_every = std::chrono::hours(24)});
  pqxx::connection blocker(warehouse_.database().admin_connection_string());
  pqxx::work lock(blocker);
  lock.exec("LOCK TABLE backtrail.api_event IN ACCESS EXCLUSIVE MODE");
  auto first = submit(large);  // all that is for large ones
  EXPECT_EQ(submit(body + "\n").get().error->code, schema::Code::kOverload) << "one byte more than small";
  auto second = submit(body), third = submit(event({.number = 2}));
  EXPECT_EQ(submit(event({.number = 3})).get().error->code, schema::Code::kOverload) << "nothing is left";
  lock.abort();
  EXPECT_EQ(first.get().fresh, 10U);
  EXPECT_EQ(second.get().fresh, 1U);
  EXPECT_EQ(third.get().fresh, 1U);
}

TEST_F(IntakeTest, AnOutageUnderLoadLosesNothingAndStoresNothingTwice) {
  start({.spool_after = milliseconds(100)});
  constexpr int kThreads = 4, kEach = 150;
  std::atomic<int> acknowledged = 0;
  std::vector<std::thread> senders;
  for (int sender = 0; sender < kThreads; ++sender)
    senders.emplace_back([&, sender] {
      for (int i = 0; i < kEach; ++i) {
        const int number = 1 + sender * kEach + i;
        while (submit(event({.number = number})).get().error) std::this_thread::sleep_for(milliseconds(5));
        ++acknowledged;
      }
    });
  for (int outage = 0; outage < 4; ++outage) {
    std::this_thread::sleep_for(milliseconds(60));
    take_database_away();
    std::this_thread::sleep_for(milliseconds(60));
    bring_database_back();
  }
  for (auto& sender : senders) sender.join();
  ASSERT_TRUE(drained());
  EXPECT_EQ(acknowledged, kThreads * kEach);
  EXPECT_EQ(warehouse_.count("api_event"), kThreads * kEach);
  EXPECT_EQ(warehouse_.value("SELECT count(*) FROM delivery WHERE received <> new + duplicates"), "0");
}

TEST_F(IntakeTest, WhatAnEarlierProcessSpooledIsDrained) {
  start();
  take_database_away();
  EXPECT_TRUE(eventually([this] { return intake_->status().database_down; }));
  for (int number = 1; number <= 5; ++number) EXPECT_TRUE(submit(event({.number = number})).get().spooled);
  intake_.reset();
  health_.reset();
  open_spool();
  bring_database_back();
  start();
  ASSERT_TRUE(drained());
  EXPECT_EQ(warehouse_.count("api_event"), 5);
}

TEST_F(IntakeTest, ADiskThatHangsKeepsNobodyWaiting) {
  std::promise<void> disk_answers;
  IntakeOptions options;
  options.answer_within = milliseconds(50);
  options.canary_every = std::chrono::hours(24);                  // it would ask the clock, too
  options.now_us = [hangs = disk_answers.get_future().share()] {  // asked right before the spool is written
    hangs.wait();
    return kNowUs;
  };
  warehouse_.pipeline();  // starts while there is a database
  take_database_away();
  health_ = std::make_unique<DbHealth>(probe_);
  ASSERT_TRUE(eventually([this] { return health_->down(); }));
  intake_ = std::make_unique<Intake>(warehouse_.pipeline(), *health_, spool_.get(), options);
  const Receipt receipt = submit(event({.number = 1})).get();
  ASSERT_TRUE(receipt.error);
  EXPECT_EQ(receipt.error->code, schema::Code::kOverload);
  disk_answers.set_value();
  bring_database_back();
  EXPECT_TRUE(eventually([this] { return warehouse_.count("api_event") == 1; }));  // nobody relied on it
}

TEST_F(IntakeTest, CopiesForTheSpoolAreBounded) {
  // The clock is asked while a copy is held, right before it is written.
  std::promise<void> disk_answers;
  std::atomic<int> at_once = 0, most = 0;
  IntakeOptions options;
  options.answer_within = milliseconds(60'000);
  options.canary_every = std::chrono::hours(24);
  options.spool_copy_bytes_max = 2 * (event({.number = 1}).size() + ingest::kTicketBytes);
  options.now_us = [&, hangs = disk_answers.get_future().share()] {
    const int now = ++at_once;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) continue;
    hangs.wait();
    --at_once;
    return kNowUs;
  };
  warehouse_.pipeline();
  take_database_away();
  health_ = std::make_unique<DbHealth>(probe_);
  ASSERT_TRUE(eventually([this] { return health_->down(); }));
  intake_ = std::make_unique<Intake>(warehouse_.pipeline(), *health_, spool_.get(), options);
  std::vector<std::future<Receipt>> receipts;
  for (int number = 1; number <= 4; ++number) receipts.push_back(submit(event({.number = number})));
  EXPECT_TRUE(eventually([&] { return at_once == 2; }));
  disk_answers.set_value();
  for (auto& receipt : receipts) EXPECT_TRUE(receipt.get().spooled);
  EXPECT_EQ(most, 2);
  EXPECT_TRUE(eventually([this] { return intake_->status().bytes_under_way == 0; }));
  bring_database_back();
  EXPECT_TRUE(drained());
}

TEST_F(IntakeTest, ALargeCopyForTheSpoolRefusesNoSmallOne) {
  // The clock is asked while a copy is held, right before it is written.
  std::promise<void> disk_answers;
  std::atomic<int> copies = 0;
  const std::string small = event({.number = 1}), large = events(10, 10);
  IntakeOptions options;
  options.answer_within = milliseconds(60'000);
  options.canary_every = std::chrono::hours(24);
  options.reserved_bytes = small.size() + ingest::kTicketBytes;
  options.small_bytes_max = small.size();
  options.bytes_max = large.size() + ingest::kTicketBytes + options.reserved_bytes;
  options.now_us = [&, hangs = disk_answers.get_future().share()] {
    ++copies;
    hangs.wait();
    return kNowUs;
  };
  warehouse_.pipeline();
  take_database_away();
  health_ = std::make_unique<DbHealth>(probe_);
  ASSERT_TRUE(eventually([this] { return health_->down(); }));
  intake_ = std::make_unique<Intake>(warehouse_.pipeline(), *health_, spool_.get(), options);
  auto first = submit(large);  // all that is for large ones, and as much again for its copy
  ASSERT_TRUE(eventually([&] { return copies == 1; }));
  auto second = submit(small);
  EXPECT_EQ(submit(event({.number = 2})).get().error->code, schema::Code::kOverload) << "nothing is left";
  disk_answers.set_value();
  EXPECT_TRUE(first.get().spooled);
  EXPECT_TRUE(second.get().spooled);
  bring_database_back();
  EXPECT_TRUE(drained());
}

TEST_F(IntakeTest, StopsWhileItsCanaryIsOnTheWay) {
  for (int round = 0; round < 100; ++round) {
    start({}, round % 2 == 0);  // the first canary is sent at once
    intake_.reset();
    health_.reset();
  }
  EXPECT_TRUE(warehouse_.pipeline().totals_by_door().empty());
}

TEST_F(IntakeTest, ARecordLostBetweenTwoAttemptsHidesNoOther) {
  using namespace ingest::spool;
  const auto place = [&](int number) { return encode_delivery(warehouse_.delivery(event({.number = number}))); };
  for (int number = 1; number <= 3; ++number) ASSERT_TRUE(spool_->append(place(number), kNowUs));
  const auto path = directory_ / "spool" / segment_name(1);
  std::atomic<int> seconds = 0;
  health_ = std::make_unique<DbHealth>(probe_);
  Drainer drainer(*spool_, *health_, [&](ingest::Delivery delivery, const ingest::ReceiptCallback& callback) {
    Receipt receipt;
    if (delivery.body == event({.number = 2}) && ++seconds == 1) {
      receipt.error = schema::fail(schema::Code::kDatabase, "not now");
      std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
      file.seekp(kHeaderAreaBytes);
      file << "XXXX";  // the first record is gone
    }
    callback(receipt);
  });
  ASSERT_TRUE(drained());
  EXPECT_EQ(seconds, 2);
}

TEST_F(IntakeTest, IsReadyOnlyWhileSomethingIsDurable) {
  open_spool({.directory = {}, .bytes_max = 1});
  start({.canary_every = milliseconds(10), .ready_within = milliseconds(400)});
  EXPECT_TRUE(eventually([this] { return intake_->ready(); }));  // the canary's doing
  take_database_away();
  EXPECT_TRUE(eventually([this] { return !intake_->ready(); }));
  bring_database_back();
  EXPECT_TRUE(eventually([this] { return intake_->ready(); }));
  EXPECT_EQ(warehouse_.pipeline().totals().received, 0U);
  EXPECT_TRUE(warehouse_.pipeline().totals_by_door().empty());
}

TEST_F(IntakeTest, TheSpoolKeepsACollectorReady) {
  start({.canary_every = milliseconds(10), .ready_within = milliseconds(400)});
  take_database_away();
  EXPECT_TRUE(eventually([this] { return intake_->ready() && intake_->status().database_down; }));
  std::this_thread::sleep_for(milliseconds(600));
  EXPECT_TRUE(intake_->ready());
  bring_database_back();
  EXPECT_TRUE(drained());
}

// Drains what the tests spooled, over a database that does as told.
class DrainerTest : public IntakeTest {
 protected:
  using Answer = std::function<std::optional<schema::Error>(const ingest::Delivery&)>;
  void spool(int first, int last) {
    for (int number = first; number <= last; ++number)
      ASSERT_TRUE(
          spool_->append(ingest::spool::encode_delivery(warehouse_.delivery(event({.number = number}))), kNowUs));
  }
  // Where `answer` has no error to say, the pipeline is asked.
  std::unique_ptr<ingest::spool::Drainer> drainer(Answer answer) {
    health_ = std::make_unique<DbHealth>(probe_);
    ingest::spool::DrainerOptions options;
    options.after_failure = milliseconds(1);
    options.look_every = milliseconds(1);
    return std::make_unique<ingest::spool::Drainer>(
        *spool_, *health_,
        [this, answer](ingest::Delivery delivery, ingest::ReceiptCallback callback) {
          if (const auto error = answer(delivery)) {
            Receipt receipt;
            receipt.error = error;
            return callback(receipt);
          }
          warehouse_.pipeline().submit_when_room(std::move(delivery), std::move(callback));
        },
        options);
  }
  static schema::Error failure() { return schema::fail(schema::Code::kDatabase, "this one I never take"); }
};

TEST_F(DrainerTest, WhatCanNeverBeStoredGoesToQuarantineWholeAndTheDrainGoesOn) {
  spool(1, 3);
  const std::string poison = event({.number = 2});
  std::atomic<int> tries = 0;
  const auto draining = drainer([&](const ingest::Delivery& delivery) -> std::optional<schema::Error> {
    if (delivery.body != poison || !delivery.unstorable.empty()) return std::nullopt;
    ++tries;
    return failure();
  });
  ASSERT_TRUE(drained());
  EXPECT_EQ(tries, ingest::spool::kTriesMax);
  EXPECT_EQ(warehouse_.count("api_event"), 2);
  EXPECT_EQ(warehouse_.value("SELECT reason FROM quarantine"), "refused");
  EXPECT_EQ(warehouse_.value("SELECT convert_from(raw, 'UTF8') FROM quarantine"), poison);
  EXPECT_EQ(warehouse_.value("SELECT detail FROM quarantine"),
            "stored 10 times in vain, at last: this one I never take");
  EXPECT_EQ(warehouse_.value("SELECT sum(quarantined) FROM delivery"), "1");
  EXPECT_EQ(draining->gave_up(), 1U);
  EXPECT_EQ(spool_->status().set_aside, 0U);
}

TEST_F(DrainerTest, WhatQuarantineRefusesTooIsKeptAsAFile) {
  spool(1, 2);
  const std::string poison = event({.number = 2});
  std::atomic<int> tries = 0;
  const auto draining = drainer([&](const ingest::Delivery& delivery) -> std::optional<schema::Error> {
    if (delivery.body != poison) return std::nullopt;
    ++tries;
    return failure();
  });
  ASSERT_TRUE(drained());
  EXPECT_EQ(tries, 2 * ingest::spool::kTriesMax);
  EXPECT_EQ(warehouse_.count("api_event"), 1);
  EXPECT_EQ(spool_->status().set_aside, 1U);
  const auto kept = ingest::spool::kept_files(directory_ / "spool");
  ASSERT_EQ(kept->size(), 1U);
  const auto back =
      ingest::spool::decode_delivery(read_whole_file(directory_ / "spool" / "damaged" / kept->front().name));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->body, poison);
}

TEST_F(DrainerTest, ADatabaseThatStoresNothingIsNoDeliverysFault) {
  spool(1, 3);
  std::atomic<bool> refuses = true;
  std::atomic<int> tries = 0;
  const auto draining = drainer([&](const ingest::Delivery& delivery) -> std::optional<schema::Error> {
    if (!refuses) return std::nullopt;
    if (delivery.door != ingest::kCanaryDoor) ++tries;
    return failure();
  });
  EXPECT_TRUE(eventually([&] { return tries > 3 * 3 * ingest::spool::kTriesMax; }));
  refuses = false;
  ASSERT_TRUE(drained());
  EXPECT_EQ(warehouse_.count("api_event"), 3);
  EXPECT_EQ(draining->gave_up(), 0U);
}

TEST_F(DrainerTest, ASegmentThatCannotBeDrainedHoldsUpNoOther) {
  spool(1, 1);
  const std::string half(ingest::spool::kSegmentBytes / 2, 'x');
  ASSERT_TRUE(spool_->append(half, kNowUs));  // no delivery: kept as damage
  ASSERT_TRUE(spool_->append(half, kNowUs));
  spool(2, 2);
  ASSERT_EQ(spool_->status().segments, 2U);
  const std::string stuck = event({.number = 1});
  std::atomic<bool> refuses = true;
  const auto draining = drainer([&](const ingest::Delivery& delivery) -> std::optional<schema::Error> {
    if (!refuses || delivery.body != stuck) return std::nullopt;
    return schema::fail(schema::Code::kOverload, "later");
  });
  EXPECT_TRUE(eventually([&] { return warehouse_.count("api_event") == 1; }));
  refuses = false;
  ASSERT_TRUE(drained());
  EXPECT_EQ(warehouse_.count("api_event WHERE event_id = '00000000-0000-4000-8000-000000000002'"), 1);
}

// Receives deliveries and answers them when it is told to.
class Hold {
 public:
  void take(ingest::Delivery delivery, ingest::ReceiptCallback callback) {
    const std::lock_guard lock(mutex_);
    bytes_ += delivery.body.size();
    held_.push_back({std::move(callback), delivery.body.size()});
    most_ = std::max(most_, held_.size());
    most_bytes_ = std::max(most_bytes_, bytes_);
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  std::size_t most() const { return most_; }
  std::size_t most_bytes() const { return most_bytes_; }
  void answer_all() {
    std::vector<Held> answered;
    {
      const std::lock_guard lock(mutex_);
      answered.swap(held_);
      bytes_ = 0;
    }
    for (auto& one : answered) one.callback(Receipt{});
  }

 private:
  struct Held {
    ingest::ReceiptCallback callback;
    std::size_t bytes;
  };
  std::mutex mutex_;
  std::vector<Held> held_;
  std::size_t bytes_ = 0, most_ = 0, most_bytes_ = 0;
};

// How many deliveries of one size a drainer has under way, at most.
std::pair<std::size_t, std::size_t> most_under_way(ingest::spool::Spool& spool, const DbHealth& health,
                                                   ingest::spool::DrainerOptions options, std::size_t expected) {
  Hold hold;
  ingest::spool::Drainer drainer(
      spool, health,
      [&](ingest::Delivery delivery, ingest::ReceiptCallback callback) {
        hold.take(std::move(delivery), std::move(callback));
      },
      options);
  EXPECT_TRUE(eventually([&] { return hold.size() == expected; }));
  EXPECT_TRUE(eventually([&] {
    hold.answer_all();
    return spool.empty();
  }));
  return {hold.most(), hold.most_bytes()};
}

TEST_F(DrainerTest, HasNoMoreUnderWayThanItMay) {
  health_ = std::make_unique<DbHealth>(probe_);
  spool(1, 8);
  EXPECT_EQ(most_under_way(*spool_, *health_, {.under_way_max = 3}, 3).first, 3U);
  spool(1, 8);
  const std::size_t body = event({.number = 1}).size();
  EXPECT_EQ(most_under_way(*spool_, *health_, {.bytes_under_way_max = 2 * body}, 2).second, 2 * body);
  spool(1, 8);
  EXPECT_EQ(most_under_way(*spool_, *health_, {.bytes_under_way_max = 2 * body - 1}, 1).second, body);
  spool(1, 8);
  EXPECT_EQ(most_under_way(*spool_, *health_, {.bytes_under_way_max = 1}, 1).first, 1U);  // a larger one goes alone
}

// A clock that throws once: readers ask it first, writers second.
class ThrowingClock {
 public:
  void throw_at_call(int call) { calls_ = call; }
  std::int64_t operator()() {
    if (--calls_ == 0) throw std::out_of_range("a clock that broke");
    return kNowUs;
  }

 private:
  std::atomic<int> calls_ = 0;
};

TEST(PipelineExceptionTest, WhileReadingSendsTheDeliveryToQuarantineWhole) {
  IngestWarehouse warehouse;
  ThrowingClock clock;
  const auto pipeline = ingest::Pipeline::start(warehouse.ingest(), {.now_us = [&] { return clock(); }}).value();
  clock.throw_at_call(1);
  auto delivery = warehouse.delivery(events(1, 3));
  const auto id = delivery.id;
  const Receipt receipt = IngestWarehouse::deliver_to(*pipeline, std::move(delivery));
  EXPECT_EQ(text_of(receipt), "received 1: quarantined 1");
  EXPECT_EQ(warehouse.ledger(id), books_of(receipt));
  EXPECT_EQ(warehouse.value("SELECT reason || ': ' || detail FROM quarantine"),
            "internal_error: std::out_of_range was thrown");
  EXPECT_EQ(warehouse.value("SELECT convert_from(raw, 'UTF8') FROM quarantine"), events(1, 3));
  EXPECT_EQ(pipeline->internal_errors(), 1U);
  EXPECT_EQ(text_of(IngestWarehouse::deliver_to(*pipeline, warehouse.delivery(events(1, 3)))), "received 3: new 3");
}

TEST(PipelineExceptionTest, WhileWritingIsAnErrorAndNothingElse) {
  IngestWarehouse warehouse;
  ThrowingClock clock;
  const auto pipeline = ingest::Pipeline::start(warehouse.ingest(), {.now_us = [&] { return clock(); }}).value();
  clock.throw_at_call(2);
  const Receipt receipt = IngestWarehouse::deliver_to(*pipeline, warehouse.delivery(events(1, 3)));
  ASSERT_TRUE(receipt.error);
  EXPECT_EQ(receipt.error->detail, "internal_error: std::out_of_range was thrown");
  EXPECT_EQ(warehouse.count("api_event"), 0);
  EXPECT_EQ(text_of(IngestWarehouse::deliver_to(*pipeline, warehouse.delivery(events(1, 3)))), "received 3: new 3");
  EXPECT_EQ(pipeline->internal_errors(), 1U);
}

TEST(PipelineExceptionTest, AReceiverThatThrowsTakesNobodyAlong) {
  IngestWarehouse warehouse;
  warehouse.pipeline().submit(warehouse.delivery(event({.number = 1})),
                              [](const Receipt&) { throw std::runtime_error("gone"); });
  EXPECT_EQ(text_of(warehouse.deliver(event({.number = 2}))), "received 1: new 1");
  EXPECT_TRUE(eventually([&] { return warehouse.count("api_event") == 2; }));
}

}  // namespace
}  // namespace backtrail::testing
