// Envelopes beyond what golden pairs hold: limits at n and n + 1, sizes, nesting, redundancy of the ways in.
#include "ingest/envelope/envelope.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <random>
#include <string>

#include "tests/db/ingest_warehouse.hpp"
#include "tests/support/compressed.hpp"
#include "tests/support/recorded_records.hpp"

namespace backtrail::ingest {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using testing::event;
using testing::gzip;
using ::testing::IsEmpty;
using testing::recognised;
using ::testing::SizeIs;

constexpr std::size_t kMiB = 1024 * 1024;

std::string base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                                       static_cast<int>(bytes.size()))));
  return text;
}

// A Firehose request of these records, each any bytes.
std::string firehose(const std::vector<std::string>& records) {
  std::string text = R"({"requestId":"r1","timestamp":1793613600000,"records":[)";
  for (std::size_t i = 0; i < records.size(); ++i)
    text += (i == 0 ? "" : ",") + (R"({"data":")" + base64(records[i]) + R"("})");
  return text + "]}";
}

// An event whose request parameters make it as large as wanted.
std::string event_of_bytes(int number, std::size_t bytes) {
  auto made = testing::event_json({.number = number});
  made["requestParameters"]["filling"] = "";
  const std::size_t bare = made.dump().size();
  std::string filling(bytes - bare, 'x');
  // No string may be longer than 512 KiB, so it is many.
  made["requestParameters"].erase("filling");
  auto& list = made["requestParameters"]["filling"] = testing::Json::array();
  while (made.dump().size() + 300 * 1024 < bytes) list.push_back(std::string(250 * 1024, 'x'));
  list.push_back("");
  list.back() = std::string(bytes - made.dump().size(), 'x');
  return made.dump();
}

TEST(FirehoseEnvelopeTest, TakesTenThousandRecordsAndKeepsTheRest) {
  const std::vector<std::string> most(kFirehoseRecordsMax, "5");  // nothing to store, nothing to refuse
  auto records = most;
  records.back() = event({.number = 1});
  EXPECT_THAT(recognised(firehose(records)).texts(), ElementsAre("event s3.amazonaws.com GetObject"));
  records.push_back(event({.number = 2}));
  const auto found = recognised(firehose(records)).records;
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].kind, "event");
  EXPECT_EQ(found[1].what, "too_large");
  EXPECT_EQ(found[1].raw, R"({"data":")" + base64(records.back()) + R"("})") << "the rest of the list, as it was sent";
}

TEST(FirehoseEnvelopeTest, TakesTheLargestRecord) {
  constexpr std::size_t kLargest = 1'024'000;
  const std::string large = event_of_bytes(1, kLargest);
  ASSERT_EQ(large.size(), kLargest);
  const auto found = recognised(firehose({large, event({.number = 2})})).records;
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].kind, "event");
  EXPECT_EQ(found[0].raw, large);
}

TEST(FirehoseEnvelopeTest, ALargeRequestIsOpenedLikeASmallOne) {
  std::vector<std::string> records;
  for (int i = 0; i < 40; ++i) records.push_back(event_of_bytes(i, 100'000));
  const std::string request = firehose(records);
  ASSERT_GT(request.size(), 4 * kMiB);
  const auto found = recognised(request).records;
  ASSERT_THAT(found, SizeIs(40));
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].raw, records[i]);
}

TEST(FirehoseEnvelopeTest, ADamagedRecordOfALargeRequestLeavesItsNeighbours) {
  std::vector<std::string> records(40, event_of_bytes(7, 100'000));
  std::string request = firehose(records);
  request.replace(request.find(R"({"data":)", 1'000'000), 8, R"({"d" xx:)");
  const auto found = recognised(request).texts();
  ASSERT_THAT(found, SizeIs(40));
  EXPECT_EQ(std::count(found.begin(), found.end(), "event s3.amazonaws.com GetObject"), 39);
}

TEST(FirehoseEnvelopeTest, AListGivenTwiceIsRefusedWhole) {
  const std::string request = R"({"requestId":"r","records":[],"records":[{"data":")" + base64(event({})) + R"("}]})";
  EXPECT_THAT(recognised(request).texts(), ElementsAre("quarantined dup_key"));
}

// White space holds nothing to store and nothing to refuse; mixed, it does not compress beyond the ratio.
std::string nothing(std::size_t bytes) {
  constexpr std::string_view kSpaces = " \t\r\n";
  std::mt19937 random(1);
  std::string text(bytes, ' ');
  for (char& c : text) c = kSpaces[random() % kSpaces.size()];
  return text;
}

TEST(FirehoseEnvelopeTest, EachRecordMayGrowToEightMebibytes) {
  const std::string text = nothing(kEnvelopeInflateBytesMax);
  EXPECT_THAT(recognised(firehose({gzip(text, 1)})).texts(), IsEmpty());
  EXPECT_THAT(recognised(firehose({gzip(text + " ", 1)})).texts(), ElementsAre("quarantined bomb"));
}

TEST(FirehoseEnvelopeTest, RecordsTogetherMayGrowTo128Mebibytes) {
  const std::string packed = gzip(nothing(kEnvelopeInflateBytesMax), 1);
  std::vector<std::string> records(kDeliveryInflateBytesMax / kEnvelopeInflateBytesMax, packed);
  EXPECT_THAT(recognised(firehose(records)).texts(), IsEmpty());
  records.push_back(gzip("5"));
  records.push_back(event({.number = 1}));
  EXPECT_THAT(recognised(firehose(records)).texts(),
              ElementsAre("quarantined bomb", "event s3.amazonaws.com GetObject"));
}

TEST(FirehoseEnvelopeTest, ThousandsOfBombsAreNotAllUnpacked) {
  const std::string bomb = gzip(std::string(4 * kMiB, '\0'), 9);
  const std::vector<std::string> records(2000, bomb);
  const auto found = recognised(firehose(records)).texts();
  EXPECT_THAT(found, SizeIs(2000));
  EXPECT_THAT(found, Each("quarantined bomb"));
}

TEST(CloudWatchLogsEnvelopeTest, ALargeDocumentIsOpenedLikeASmallOne) {
  auto document = testing::Json{{"messageType", "DATA_MESSAGE"}, {"owner", testing::kAccountA}, {"logEvents", {}}};
  for (int i = 0; i < 60; ++i)
    document["logEvents"].push_back(
        {{"id", std::to_string(i)}, {"timestamp", i}, {"message", event_of_bytes(i, 50'000)}});
  const auto found = recognised(document.dump()).texts();
  EXPECT_THAT(found, SizeIs(60));
  EXPECT_THAT(found, Each("event s3.amazonaws.com GetObject"));
  document["messageType"] = "CONTROL_MESSAGE";
  EXPECT_THAT(recognised(document.dump()).texts(), IsEmpty());
}

TEST(EnvelopeTest, NestingHasAnEnd) {
  std::string text = event({.number = 1});
  const auto wrap = [](const std::string& message) {
    return testing::Json{{"Type", "Notification"}, {"MessageId", "m"}, {"TopicArn", "t"}, {"Message", message}}.dump();
  };
  for (int i = 0; i < kEnvelopeDepthMax; ++i) text = wrap(text);
  EXPECT_THAT(recognised(text).texts(), ElementsAre("event s3.amazonaws.com GetObject"));
  EXPECT_THAT(recognised(wrap(text)).texts(), ElementsAre("quarantined too_large"));
}

TEST(EnvelopeTest, FirehoseInFirehoseIsOpenedAndEnds) {
  EXPECT_THAT(recognised(firehose({gzip(firehose({event({.number = 1})}))})).texts(),
              ElementsAre("event s3.amazonaws.com GetObject"));
  std::string text = event({.number = 1});
  for (int i = 0; i < kEnvelopeDepthMax + 3; ++i) text = firehose({text});
  EXPECT_THAT(recognised(text).texts(), ElementsAre("quarantined too_large"));
}

}  // namespace
}  // namespace backtrail::ingest
