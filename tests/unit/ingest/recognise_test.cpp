// Limits and malice; the shapes themselves are golden pairs (golden_recognise_test.cpp).
#include "ingest/recognise.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/support/golden.hpp"
#include "tests/support/recorded_records.hpp"

namespace backtrail::ingest {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using testing::recognised;
using ::testing::SizeIs;

std::string event(int number, std::string_view more = "") {
  return fmt::format(
      R"({{"eventVersion":"1.11","eventTime":"2026-11-02T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"Call{0}",)"
      R"("eventID":"00000000-0000-4000-8000-{0:012}","recipientAccountId":"111122223333"{1}}})",
      number, more);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

// An event of exactly so many bytes, in strings that are no longer than strings may be.
std::string event_of(std::size_t bytes) {
  const std::size_t fixed = event(1, R"(,"a":"","b":"","c":"")").size(), rest = bytes - fixed;
  return event(1, fmt::format(R"(,"a":"{}","b":"{}","c":"{}")", std::string(rest / 3, 'a'), std::string(rest / 3, 'b'),
                              std::string(rest - 2 * (rest / 3), 'c')));
}

TEST(RecogniseLimitTest, ARecordEndsAtOneMebibyte) {
  ASSERT_EQ(event_of(kRecordMaxBytes).size(), kRecordMaxBytes);
  EXPECT_THAT(recognised(event_of(kRecordMaxBytes)).texts(), ElementsAre("event s3.amazonaws.com Call1"));
  EXPECT_THAT(recognised(event_of(kRecordMaxBytes + 1)).texts(), ElementsAre("quarantined too_large"));
  EXPECT_THAT(recognised("[" + event(2) + "," + event_of(kRecordMaxBytes + 1) + "," + event(3) + "]").texts(),
              ElementsAre("event s3.amazonaws.com Call2", "quarantined too_large", "event s3.amazonaws.com Call3"));
}

TEST(RecogniseLimitTest, AContainerMayBeLarger) {
  std::string records;
  for (int i = 0; records.size() <= 2 * kRecordMaxBytes; ++i) records += (i == 0 ? "" : ",") + event(i);
  const auto found = recognised(R"({"meta":{"x":[1]},"Records":[)" + records + R"(],"NextToken":"x"})");
  EXPECT_GT(found.records.size(), 5000U);
  for (const auto& record : found.records) ASSERT_EQ(record.kind, "event");
}

TEST(RecogniseLimitTest, EnvelopesNestSoDeepAndNoDeeper) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') + event(1) +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_THAT(recognised(nested(kEnvelopeDepthMax)).texts(), ElementsAre("event s3.amazonaws.com Call1"));
  EXPECT_THAT(recognised(nested(kEnvelopeDepthMax + 1)).texts(), ElementsAre("quarantined too_large"));
  EXPECT_THAT(recognised(nested(100'000)).texts(), ElementsAre("quarantined too_large"));
  const auto wrapped = [](int depth) {
    return repeated(R"({"aws":)", static_cast<std::size_t>(depth)) + event(1) +
           std::string(static_cast<std::size_t>(depth), '}');
  };
  EXPECT_THAT(recognised(wrapped(kEnvelopeDepthMax)).texts(), ElementsAre("event s3.amazonaws.com Call1"));
  EXPECT_THAT(recognised(wrapped(kEnvelopeDepthMax + 1)).texts(), ElementsAre("quarantined unknown_shape"));
}

TEST(RecogniseLimitTest, StringsInStringsEndToo) {
  std::string text = event(1);
  for (int i = 0; i < 12; ++i) {
    std::string quoted;
    schema::append_json_string(text, quoted);
    text = R"({"CloudTrailEvent":)" + quoted + "}";
  }
  EXPECT_THAT(recognised(text).texts(), ElementsAre("quarantined unknown_shape"));
}

// A member array of one record must not carry another account's records past the account check, nor hide them.
TEST(RecogniseTest, EveryArrayOfRecordsIsOpened) {
  EXPECT_THAT(
      recognised(R"({"Records":[)" + event(1) + R"(],"findings":[)" + event(2) + R"(],"Events":[)" + event(3) + "]}")
          .texts(),
      SizeIs(3));
  EXPECT_THAT(recognised(R"({"Records":[)" + event(1) + R"(],"Records":[)" + event(2) + "]").texts(), SizeIs(2));
}

TEST(RecogniseTest, ARecordIsNoEnvelope) {
  EXPECT_THAT(
      recognised(
          event(1,
                R"(,"Records":[],"detail-type":"x","detail":{"a":1},"aws":{"cloudtrail":{}},"CloudTrailEvent":"{}")"))
          .texts(),
      ElementsAre("event s3.amazonaws.com Call1"));
}

TEST(RecogniseTest, RawIsTheRecordAndNothingElse) {
  const auto found = recognised("{\"Records\": [ " + event(1) + " ,\n" + event(2) + " ] }");
  ASSERT_THAT(found.records, SizeIs(2));
  EXPECT_EQ(found.records[0].raw, event(1));
  EXPECT_EQ(found.records[1].raw, event(2));
}

TEST(RecogniseTest, PositionsCountAllDocuments) {
  const auto found = recognised(event(1) + "\ngarbage\n" + event(2));
  ASSERT_THAT(found.records, SizeIs(3));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(found.records[i].position, i);
}

// Each of these once took a stack frame or the whole rest of the text per line.
TEST(RecogniseTest, NestedDamageNeedsNeitherStackNorTime) {
  for (const std::size_t lines : {10U, 200'000U}) {
    const std::string open = repeated("{x\n", lines), close = std::string(lines, '}');
    EXPECT_THAT(recognised(open + close).texts(), Each(::testing::StartsWith("quarantined")));
    EXPECT_THAT(recognised(open).texts(), Each("quarantined truncated"));
    EXPECT_THAT(recognised(repeated("{\"Records\":[\n", lines)).texts(), Each(::testing::StartsWith("quarantined")));
    EXPECT_THAT(recognised("{\"Records\":[" + open + close + "]}").texts(), Each(::testing::StartsWith("quarantined")));
    EXPECT_THAT(recognised(repeated("[\n", lines) + repeated("]\n", lines)).texts(),
                Each(::testing::StartsWith("quarantined")));
  }
}

TEST(RecogniseTest, LinesThatSwallowEachOtherAreTakenApart) {
  std::string text;
  std::vector<std::string> wanted;
  for (int i = 0; i < 100; ++i) {
    text += event(2 * i).substr(0, 60) + "\n" + event(2 * i + 1) + "\n";
    wanted.push_back("quarantined");
    wanted.push_back(fmt::format("event s3.amazonaws.com Call{}", 2 * i + 1));
  }
  auto found = recognised(text + repeated("}", 100)).texts();
  found.resize(wanted.size());
  for (auto& line : found)
    if (line.starts_with("quarantined")) line.resize(std::string_view("quarantined").size());
  EXPECT_EQ(found, wanted);
}

// Whatever is sent: every record is reported once, and what is kept of it are bytes that were sent.
TEST(RecogniseTest, AnythingIsSurvived) {
  std::vector<std::string> good;
  for (const auto& input : testing::golden_inputs("recognise")) good.push_back(testing::read_whole_file(input));
  std::erase_if(good, [](const std::string& bytes) { return bytes.size() < 2 || bytes.size() > 20'000; });
  EXPECT_TRUE(rc::check("golden deliveries with some bytes changed", [&good] {
    std::string bytes = *rc::gen::elementOf(good);
    const auto changes = *rc::gen::inRange(1, 6);
    for (int i = 0; i < changes; ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
      if (*rc::gen::arbitrary<bool>())
        bytes[at] = *rc::gen::elementOf(std::string("{}[]\",:\\\n x0"));
      else
        bytes.erase(at, *rc::gen::inRange<std::size_t>(0, 40));
      if (bytes.empty()) break;
    }
    const auto found = recognised(bytes);
    for (std::size_t i = 0; i < found.records.size(); ++i) {
      RC_ASSERT(found.records[i].position == i);
      RC_ASSERT(!found.records[i].raw.empty());
    }
  }));
}

}  // namespace
}  // namespace backtrail::ingest
