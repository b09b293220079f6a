// `backtrail spool`: what an operator sees of deliveries that wait on a machine, and how they get into a warehouse.
#include "ingest/spool/spool.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ingest/spool/delivery_codec.hpp"
#include "schema/core/time.hpp"
#include "tests/system/running_backtrail.hpp"

namespace backtrail::testing {
namespace {

using nlohmann::json;
using namespace ingest::spool;

std::string event(int number) {
  json event{
      {"eventVersion", "1.11"},
      {"userIdentity",
       {{"type", "IAMUser"}, {"principalId", "AIDASPOOLED"}, {"accountId", "111122223333"}, {"userName", "spooled"}}},
      {"eventTime", schema::format_rfc3339(schema::now_us() - 3600 * schema::kMicrosPerSecond)},
      {"eventSource", "s3.amazonaws.com"},
      {"eventName", "ListBuckets"},
      {"awsRegion", "eu-west-1"},
      {"eventID", "7b000000-0000-4000-8000-00000000000" + std::to_string(number)},
      {"recipientAccountId", "111122223333"}};
  return event.dump();
}

class SpoolCommandTest : public RunningBacktrail {
 protected:
  // What a collector that is gone left: three deliveries.
  void SetUp() override {
    const auto spool = Spool::open({.directory = where()}).value();
    for (int number = 1; number <= 3; ++number) {
      ingest::Delivery delivery;
      delivery.id.bytes.fill(static_cast<std::uint8_t>(number));
      delivery.door = "raw";
      delivery.origin = "request \x1b[31m" + std::to_string(number);
      delivery.scope = schema::AccountScope::all();
      delivery.received_us = schema::now_us();
      delivery.body = event(number);
      ASSERT_TRUE(spool->append(encode_delivery(delivery), schema::now_us()));
    }
  }
  std::string where() const { return (files_ / "spool").string(); }
  Finished spool(const std::string& what) const { return command({"spool", what, "--spool-dir", where()}); }
  json document(const std::string& what) const {
    return json::parse(command({"spool", what, "--spool-dir", where(), "--json"}).out);
  }
  void damage_first_record() const {
    std::fstream file(where() + "/" + segment_name(1), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(kHeaderAreaBytes));
    file << "XXXX";
  }
  TempDir files_;
};

TEST_F(SpoolCommandTest, CheckTellsDeliveriesAndDamage) {
  EXPECT_EQ(spool("check").status, 0);
  damage_first_record();
  const auto checked = spool("check");
  EXPECT_EQ(checked.status, 3);
  EXPECT_NE(checked.err.find("damaged"), std::string::npos);
  const auto segment = document("check").at("segments").at(0);
  EXPECT_EQ(segment.at("segment"), 1);
  EXPECT_EQ(segment.at("deliveries"), 2);
  EXPECT_EQ(segment.at("damaged").size(), 1U);
  EXPECT_EQ(segment.at("unreadable"), false);
}

TEST_F(SpoolCommandTest, ListNamesEveryDelivery) {
  const auto listed = document("list");
  ASSERT_EQ(listed.size(), 3U);
  EXPECT_EQ(listed[2].at("id"), "03030303-0303-0303-0303-030303030303");
  EXPECT_EQ(listed[2].at("segment"), 1);
  EXPECT_EQ(listed[2].at("bytes"), event(3).size());
  const auto table = spool("list");
  EXPECT_EQ(table.status, 0);
  EXPECT_EQ(table.out.find('\x1b'), std::string::npos);
}

TEST_F(SpoolCommandTest, DrainBringsThemIntoTheWarehouseAndKeepsTheDamage) {
  damage_first_record();
  const auto drained = spool("drain");
  EXPECT_EQ(drained.status, 0) << drained.err;
  EXPECT_NE(drained.out.find("2 deliveries drained from 1 segments"), std::string::npos) << drained.out;
  const auto found = command({"lookup", "--user", "spooled", "--json"});
  EXPECT_EQ(json::parse(found.out).at("total"), 2) << found.out << found.err;
  const auto left = document("check");
  EXPECT_TRUE(left.at("segments").empty());
  ASSERT_EQ(left.at("kept").size(), 1U);
  EXPECT_EQ(left.at("kept")[0].at("file"), "0000000000000001-00008192.bin");
  EXPECT_EQ(spool("check").status, 3);
}

TEST_F(SpoolCommandTest, DrainIsRefusedWhileACollectorUsesTheSpool) {
  const auto held = Spool::open({.directory = where()}).value();
  const auto refused = spool("drain");
  EXPECT_NE(refused.status, 0);
  EXPECT_NE(refused.err.find("another program uses the spool"), std::string::npos) << refused.err;
}

TEST_F(SpoolCommandTest, WhereThereIsNoneItSaysSo) {
  const auto missing = command({"spool", "check", "--spool-dir", (files_ / "nowhere").string()});
  EXPECT_NE(missing.status, 0);
  EXPECT_NE(missing.err.find("no spool"), std::string::npos) << missing.err;
}

}  // namespace
}  // namespace backtrail::testing
