// Notices: stored once, inside the key's accounts, counted, expired.
#include <gmock/gmock.h>

#include "tests/db/ingest_warehouse.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;
using schema::AccountScope;
using schema::kMicrosPerDay;

Json notice_json(int number, std::string_view account = kAccountA, std::string_view time = "2026-11-02T10:00:00Z") {
  return {{"version", "0"},
          {"id", fmt::format("00000000-0000-4000-9000-{:012}", number)},
          {"detail-type", "GuardDuty Runtime Protection Healthy"},
          {"source", "aws.guardduty"},
          {"account", account},
          {"time", time},
          {"region", "eu-west-1"},
          {"resources", Json::array()},
          {"detail", {{"resourceDetails", {{"eksClusterDetails", {{"clusterName", "shop"}}}}}}}};
}

TEST(NoticeTest, IsStoredWithItsBytesAndCounted) {
  IngestWarehouse warehouse;
  const std::string body = notice_json(1).dump();
  EXPECT_EQ(text_of(warehouse.deliver(body)), "received 1: new 1");
  EXPECT_EQ(warehouse.value("SELECT concat_ws('|', account_id, kind, source, detail_type, region, subject, "
                            "to_char(notice_time, 'YYYY-MM-DD HH24:MI'), door, key_id, origin, raw_bytes) FROM notice"),
            fmt::format("111122223333|runtime_health|aws.guardduty|GuardDuty Runtime Protection Healthy|eu-west-1|shop|"
                        "2026-11-02 10:00|raw|testkey|a test|{}",
                        body.size()));
  EXPECT_EQ(warehouse.value("SELECT encode(raw_sha256, 'hex') FROM notice"),
            warehouse.value(fmt::format("SELECT encode(sha256('{}'), 'hex')", body)));
  EXPECT_EQ(warehouse.value("SELECT account_id FROM account"), kAccountA) << "an account that sends is known";
  EXPECT_EQ(warehouse.count("delivery WHERE received = 1 AND new = 1"), 1);
}

TEST(NoticeTest, ArrivesOnceWhateverTheDoorAndSerialisation) {
  IngestWarehouse warehouse;
  const std::string two = notice_json(1).dump() + "\n" + notice_json(1).dump(2) + "\n" + notice_json(2).dump();
  EXPECT_EQ(text_of(warehouse.deliver(two)), "received 3: new 2 duplicates 1");
  const std::string before = warehouse.picture();
  auto again = warehouse.delivery("[" + notice_json(2).dump(1) + "," + notice_json(1).dump() + "]");
  again.door = "eventbridge";
  EXPECT_EQ(text_of(warehouse.deliver(std::move(again))), "received 2: duplicates 2");
  EXPECT_EQ(warehouse.picture(), before);
}

TEST(NoticeTest, IsRefusedOutsideTheKeysAccountsOrTooOld) {
  IngestWarehouse warehouse;
  const auto scope = AccountScope::of({kAccountA}).value();
  const std::string body = notice_json(1).dump() + notice_json(1, kAccountB).dump() +
                           notice_json(2, kAccountA, "2026-08-05T12:00:00Z").dump() +
                           notice_json(3, kAccountA, "2026-08-05T11:59:59Z").dump();
  EXPECT_EQ(text_of(warehouse.deliver(body, scope)), "received 4: new 2 quarantined 2");
  EXPECT_EQ(warehouse.value("SELECT account_id || ' ' || reason FROM quarantine ORDER BY 1"),
            "111122223333 too_old 444455556666 account_mismatch");
  EXPECT_EQ(warehouse.value("SELECT account_id || ' ' || kind FROM alert"), "444455556666 account_mismatch");
  EXPECT_EQ(warehouse.count(fmt::format("notice WHERE account_id <> '{}'", kAccountA)), 0);
}

TEST(NoticeTest, TravelsWithOtherRecords) {
  IngestWarehouse warehouse;
  const std::string body = event({.number = 1}) + notice_json(1).dump() + guardduty_json(1).dump() + "garbage";
  EXPECT_EQ(text_of(warehouse.deliver(body)), "received 4: new 3 quarantined 1");
  EXPECT_EQ(text_of(warehouse.deliver(body)), "received 4: duplicates 3 quarantined 1");
}

TEST(NoticeTest, ManyWritersStoreEachOnce) {
  IngestWarehouse warehouse({.parsers = 4, .writers = 4});
  constexpr int kDeliveries = 20, kNotices = 30;
  std::vector<std::promise<Receipt>> receipts(kDeliveries);
  for (int i = 0; i < kDeliveries; ++i) {
    std::string body;
    for (int n = 0; n < kNotices; ++n) body += notice_json(i % 2 == 0 ? n : kNotices - 1 - n).dump() + "\n";
    auto& told = receipts[static_cast<std::size_t>(i)];
    warehouse.pipeline().submit(warehouse.delivery(body), [&told](const Receipt& receipt) { told.set_value(receipt); });
  }
  Receipt total;
  for (auto& receipt : receipts) total.add(receipt.get_future().get());
  EXPECT_EQ(text_of(total), fmt::format("received {}: new {} duplicates {}", kDeliveries * kNotices, kNotices,
                                        (kDeliveries - 1) * kNotices));
}

TEST(NoticeTest, ExpiresByItsOwnRule) {
  IngestWarehouse warehouse;
  warehouse.keep("notice", 10);
  warehouse.deliver(notice_json(1).dump() + notice_json(2, kAccountA, "2026-11-03T10:00:00Z").dump());
  const std::int64_t last_moment = schema::parse_rfc3339("2026-11-02T10:00:00Z")->us + 10 * kMicrosPerDay;
  EXPECT_EQ(warehouse.expire(last_moment).notices_deleted, 0U);
  EXPECT_EQ(warehouse.expire(last_moment + 1).notices_deleted, 1U);
  warehouse.keep("notice", std::nullopt);
  EXPECT_EQ(warehouse.expire(last_moment + 5000 * kMicrosPerDay).notices_deleted, 0U);
  EXPECT_EQ(warehouse.count("notice"), 1);
}

// An exception of ours in the middle of the transaction: the server gives back an id that nobody asked for.
TEST(NoticeTest, AnExceptionInsideTheTransactionCostsOnlyTheRecordThatProvokedIt) {
  IngestWarehouse warehouse;
  pqxx::connection connection(warehouse.database().admin_connection_string());
  pqxx::nontransaction admin(connection);
  admin.exec(
      "CREATE FUNCTION backtrail.another_id() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN new.notice_id := gen_random_uuid(); RETURN new; END $$");
  admin.exec(
      fmt::format("CREATE TRIGGER another_id BEFORE INSERT ON backtrail.notice FOR EACH ROW "
                  "WHEN (new.account_id = '{}') EXECUTE FUNCTION backtrail.another_id()",
                  kAccountB));
  const std::string poison = notice_json(2, kAccountB).dump();
  auto delivery = warehouse.delivery(events(1, 5) + notice_json(1).dump() + poison + guardduty_json(1).dump());
  const auto id = delivery.id;
  const Receipt receipt = warehouse.deliver(std::move(delivery));
  EXPECT_EQ(text_of(receipt), "received 8: new 7 quarantined 1");
  EXPECT_EQ(warehouse.ledger(id), books_of(receipt));
  EXPECT_EQ(warehouse.value("SELECT reason || ': ' || convert_from(raw, 'UTF8') FROM quarantine"),
            "internal_error: " + poison);
  EXPECT_EQ(warehouse.count("notice"), 1) << "what the exception rolled back is not there";
  EXPECT_GT(warehouse.pipeline().internal_errors(), 0U);
}

}  // namespace
}  // namespace backtrail::ingest
