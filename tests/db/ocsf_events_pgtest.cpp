// CloudTrail records that also come as OCSF: one event, the richer form, no alert, in every order.
#include <gmock/gmock.h>

#include "tests/db/ingest_warehouse.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;

// The translation of event({.number = number, …}).
Json ocsf_event(int number, const EventFacts& facts = {}) {
  return {{"class_uid", 6003},
          {"time", schema::parse_rfc3339(facts.time)->us / 1000},
          {"metadata",
           {{"uid", fmt::format("00000000-0000-4000-8000-{:012}", number)},
            {"version", "1.1.0"},
            {"product", {{"name", "CloudTrail"}, {"vendor_name", "AWS"}, {"version", "1.11"}}}}},
          {"cloud", {{"region", "eu-west-1"}, {"account", {{"uid", facts.account}}}}},
          {"api", {{"operation", facts.api}, {"service", {{"name", "s3.amazonaws.com"}}}}},
          {"actor",
           {{"user",
             {{"type", "IAMUser"},
              {"uid_alt", "AIDAEXAMPLEUSER00001"},
              {"name", "lee"},
              {"credential_uid", "AKIAEXAMPLEKEY000001"},
              {"account", {{"uid", facts.account}}}}}}},
          {"src_endpoint", {{"ip", "198.51.100.7"}}},
          {"http_request", {{"user_agent", facts.agent}}},
          {"unmapped", {{"requestParameters.bucketName", fmt::format("bucket-{}", number % 7)}}}};
}

std::string stored(const IngestWarehouse& warehouse) {
  return warehouse.value(
      "SELECT right(event_id::text, 2) || ':' || CASE WHEN flags & 256 <> 0 THEN 'ocsf' ELSE 'record' END FROM "
      "api_event ORDER BY event_id, content_fp");
}

TEST(OcsfEventTest, IsStoredWithTheHashesOfTheRecord) {
  IngestWarehouse as_record, as_copy;
  EXPECT_EQ(text_of(as_copy.deliver(ocsf_event(1).dump())), "received 1: new 1");
  as_record.deliver(event({.number = 1}));
  // Two warehouses have two keys: what is compared is which hashes are there, and the columns that are text.
  const char* columns =
      "SELECT concat_ws('|', account_id, region, service, api, event_class, outcome, event_time, principal_hash IS "
      "NULL, "
      "session_hash IS NULL, access_key_hash IS NULL, ip_address_hash IS NULL, user_agent_hash IS NULL, flags & ~256) "
      "FROM api_event";
  EXPECT_EQ(as_copy.value(columns), as_record.value(columns));
  EXPECT_EQ(as_copy.count("event_mention"), as_record.count("event_mention"));
  EXPECT_EQ(as_copy.value("SELECT kind || entity_key FROM entity ORDER BY 1"),
            as_record.value("SELECT kind || entity_key FROM entity ORDER BY 1"));
}

TEST(OcsfEventTest, ACopyOfAStoredRecordIsADuplicate) {
  IngestWarehouse warehouse;
  warehouse.deliver(event({.number = 1}));
  const std::string before = warehouse.picture();
  EXPECT_EQ(text_of(warehouse.deliver(ocsf_event(1).dump())), "received 1: duplicates 1");
  EXPECT_EQ(warehouse.picture(), before);
}

TEST(OcsfEventTest, ARecordTakesThePlaceOfItsCopy) {
  IngestWarehouse direct, warehouse;
  direct.deliver(event({.number = 1}));
  EXPECT_EQ(text_of(warehouse.deliver(ocsf_event(1).dump())), "received 1: new 1");
  EXPECT_EQ(stored(warehouse), "01:ocsf");
  EXPECT_EQ(text_of(warehouse.deliver(event({.number = 1}))), "received 1: updated 1");
  EXPECT_EQ(stored(warehouse), "01:record");
  EXPECT_EQ(warehouse.count("event_mention"), direct.count("event_mention")) << "the copy's mentions went with it";
  EXPECT_EQ(warehouse.count("alert"), 0);
  EXPECT_EQ(text_of(warehouse.deliver(ocsf_event(1).dump() + event({.number = 1}))), "received 2: duplicates 2");
}

TEST(OcsfEventTest, BothInOneBatchAreOneEvent) {
  for (const bool copy_first : {true, false}) {
    IngestWarehouse warehouse;
    const std::string copy = ocsf_event(1).dump(), record = event({.number = 1});
    EXPECT_EQ(text_of(warehouse.deliver(copy_first ? copy + record : record + copy)), "received 2: new 1 duplicates 1");
    EXPECT_EQ(stored(warehouse), "01:record");
    EXPECT_EQ(warehouse.count("alert"), 0);
  }
}

TEST(OcsfEventTest, CopiesOfOneEventAreOneWhateverTheirText) {
  IngestWarehouse warehouse;
  Json older = ocsf_event(1);
  older["metadata"]["version"] = "1.0.0-rc.2";
  older["unmapped"]["more"] = "text";
  EXPECT_EQ(text_of(warehouse.deliver(ocsf_event(1).dump() + older.dump())), "received 2: new 1 duplicates 1");
  EXPECT_EQ(text_of(warehouse.deliver(older.dump())), "received 1: duplicates 1");
}

TEST(OcsfEventTest, ACopyThatContradictsItsRecordIsAVariantWithAnAlert) {
  for (const bool copy_first : {true, false}) {
    IngestWarehouse warehouse;
    const std::string copy = ocsf_event(1, {.api = "DeleteBucket"}).dump(), record = event({.number = 1});
    warehouse.deliver(copy_first ? copy : record);
    EXPECT_EQ(text_of(warehouse.deliver(copy_first ? record : copy)), "received 1: variants 1");
    EXPECT_EQ(warehouse.count("api_event"), 2);
    EXPECT_EQ(warehouse.value("SELECT kind FROM alert"), "event_variant");
    EXPECT_EQ(text_of(warehouse.deliver(record + copy)), "received 2: duplicates 2");
  }
}

TEST(OcsfEventTest, ManyWritersNeverStoreACopyBesideItsRecord) {
  IngestWarehouse warehouse({.parsers = 4, .writers = 4});
  constexpr int kRounds = 12, kEvents = 20;
  std::vector<std::promise<Receipt>> receipts(2 * kRounds);
  for (int round = 0; round < kRounds; ++round) {
    std::string copies;
    for (int i = 0; i < kEvents; ++i) copies += ocsf_event(round * kEvents + i).dump() + "\n";
    const std::string records = events(round * kEvents, kEvents);
    for (int side = 0; side < 2; ++side)
      warehouse.pipeline().submit(warehouse.delivery((side + round) % 2 == 0 ? copies : records),
                                  [&receipts, at = 2 * round + side](const Receipt& receipt) {
                                    receipts[static_cast<std::size_t>(at)].set_value(receipt);
                                  });
  }
  Receipt total;
  for (auto& receipt : receipts) total.add(receipt.get_future().get());
  EXPECT_EQ(total.received, 2U * kRounds * kEvents);
  EXPECT_EQ(total.fresh, static_cast<std::uint64_t>(kRounds * kEvents));
  EXPECT_EQ(total.updated + total.duplicates, static_cast<std::uint64_t>(kRounds * kEvents));
  EXPECT_EQ(warehouse.count("api_event"), kRounds * kEvents);
  EXPECT_EQ(warehouse.count("api_event WHERE flags & 256 <> 0"), 0);
  EXPECT_EQ(warehouse.count("alert"), 0);
}

TEST(OcsfEventTest, SupersedingRemovesNothingElse) {
  IngestWarehouse warehouse;
  warehouse.deliver(ocsf_event(1).dump() + ocsf_event(2, {.account = kAccountB}).dump() + event({.number = 3}) +
                    event({.number = 3, .agent = "variant"}));
  const auto call = [&](const char* scope) {
    pqxx::connection connection(warehouse.database().connection_string("backtrail_ingest"));
    pqxx::nontransaction session(connection);
    session.exec(fmt::format("SET app.accounts = '{}'", scope));
    return session
        .exec(
            "SELECT * FROM supersede_events('2026-11-02', ARRAY['111122223333', '444455556666', '111122223333'], "
            "ARRAY['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', "
            "'00000000-0000-4000-8000-000000000003']::uuid[])")
        .size();
  };
  EXPECT_EQ(call("*"), 0) << "no record takes the copies' place, and records are no copies";
  EXPECT_EQ(warehouse.count("api_event"), 4);
  // A record slipped in by other means: outside the scope its copy stays.
  warehouse.value(
      "INSERT INTO api_event SELECT event_time, received_at, principal_hash, session_hash, access_key_hash, "
      "instance_hash, ip_address_hash, user_agent_hash, event_day, 0, event_id, gen_random_uuid(), event_class, "
      "outcome, "
      "read_only, account_id, region, service, api, error_code, raw FROM api_event WHERE flags & 256 <> 0");
  EXPECT_EQ(call(""), 0);
  EXPECT_EQ(call(kAccountA), 1);
  EXPECT_EQ(call("*"), 1);
  EXPECT_EQ(warehouse.count("api_event WHERE flags & 256 <> 0"), 0);
}

TEST(OcsfEventTest, ActivityOfOtherProductsAndClassesIsQuarantined) {
  IngestWarehouse warehouse;
  Json okta = ocsf_event(1), flow = ocsf_event(2);
  okta["metadata"]["product"]["name"] = "Okta";
  flow["class_uid"] = 4001;
  EXPECT_EQ(text_of(warehouse.deliver(okta.dump() + flow.dump())), "received 2: quarantined 2");
  EXPECT_EQ(warehouse.value("SELECT DISTINCT reason FROM quarantine"), "unknown_shape");
}

}  // namespace
}  // namespace backtrail::ingest
