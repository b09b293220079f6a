// The catalogue of reasons: every one of them is provoked by an input, here or by the database (kRefused:
// ingest_pgtest.cpp).
#include "ingest/quarantine/quarantine.hpp"

#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "ingest/row_sink.hpp"
#include "tests/support/compressed.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/recorded_records.hpp"

namespace backtrail::ingest {
namespace {

using schema::Code;
using schema::fail;

constexpr std::int64_t kNowUs = 1'793'707'200 * schema::kMicrosPerSecond;

std::string event(std::string_view change_from = "", std::string_view change_to = "") {
  std::string text =
      R"({"eventVersion":"1.11","eventTime":"2026-11-02T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"Call",)"
      R"("eventID":"00000000-0000-4000-8000-000000000001","recipientAccountId":"111122223333","requestParameters":{"x":1}})";
  if (const auto at = text.find(change_from); !change_from.empty() && at != std::string::npos)
    text.replace(at, change_from.size(), change_to);
  return text;
}

// What the pipeline does with a delivery up to the writers: the rows that go to quarantine.
std::vector<QuarantinedRecord> refused(const std::string& bytes) {
  std::vector<QuarantinedRecord> records;
  Delivery delivery;
  delivery.received_us = kNowUs;
  delivery.scope = *schema::AccountScope::of({"111122223333"});
  const auto pending = std::make_shared<PendingDelivery>(std::move(delivery), [](const Receipt&) {});
  const schema::RetentionRules rules{{"event_management", 90}, {"finding", 90}};
  const Admission admission{&pending->delivery().scope, &rules, kNowUs};
  const schema::HashKey key{};
  KnownNames known;
  RowSink sink(pending, admission, key, known, [](const Batch&) {});
  const MapContext context{kNowUs, &key};
  Recogniser recogniser(context, sink);
  recogniser.run(decode(bytes, {}));
  const Batch batch = sink.take();
  for (const Row& row : batch.rows)
    if (row.kind == Row::Kind::kQuarantine) records.push_back(*row.quarantined);
  return records;
}

const std::map<std::string_view, std::string>& provocations() {
  static const std::map<std::string_view, std::string> inputs{
      {reason::kEncoding, "\x1f\x8b damaged"},
      {reason::kBomb, testing::gzip(std::string(2 * 1024 * 1024, ' '), 9)},
      {reason::kSyntax, event("\"eventName\":", "\"eventName\"=")},
      {reason::kTruncated, event().substr(0, 100)},
      {reason::kUtf8, event("Call", "\xFF")},
      {reason::kString, event("Call", "\\ud800")},
      {reason::kControl, event("Call", "\x01")},
      {reason::kDuplicateKey, event("\"x\":1", "\"x\":1,\"x\":1")},
      {reason::kNulKey, event("\"x\":1", "\"\\u0000\":1")},
      {reason::kNumber, event("\"x\":1", "\"x\":1e999")},
      {reason::kTooLarge, event("\"x\":1", "\"x\":" + std::string(70, '[') + std::string(70, ']'))},
      {reason::kUnknownShape, R"({"hello":"world"})"},
      {reason::kSchema, event("\"2026-11-02T10:00:00Z\"", "5")},
      {reason::kAccount, event("111122223333", "11112222333")},
      {reason::kMissingId,
       R"({"schemaVersion":"2.0","accountId":"111122223333","region":"eu-west-1","type":"x","severity":5,"service":{"serviceName":"guardduty"}})"},
      {reason::kTime, event("2026-11-02T10:00:00Z", "tomorrow")},
      {reason::kTooOld, event("2026-11-02", "2020-11-02")},
      {reason::kAccountMismatch, event("111122223333", "444455556666")},
  };
  return inputs;
}

TEST(QuarantineTest, EveryReasonHasAnInputThatProvokesIt) {
  for (const Reason& entry : kReasons) {
    const std::string_view wanted = entry.code;
    // Only the database gives the one, and only a mistake of ours the other.
    if (wanted == reason::kRefused || wanted == reason::kInternalError) continue;
    ASSERT_TRUE(provocations().contains(wanted)) << wanted;
    const auto records = refused(provocations().at(wanted));
    ASSERT_EQ(records.size(), 1U) << wanted;
    EXPECT_EQ(records[0].reason, wanted) << records[0].detail;
    EXPECT_EQ(records[0].raw, provocations().at(wanted)) << wanted;
    EXPECT_FALSE(records[0].detail.empty()) << wanted;
  }
}

TEST(QuarantineTest, GoodNeighboursAreKept) {
  for (const auto& [wanted, input] : provocations()) {
    if (wanted == reason::kEncoding || wanted == reason::kBomb) continue;
    EXPECT_EQ(testing::recognised(event() + "\n" + input + "\n" + event()).records.size(), 3U) << wanted;
  }
}

TEST(QuarantineTest, TheAccountIsKeptWhereItIsKnown) {
  EXPECT_EQ(refused(provocations().at(reason::kAccountMismatch))[0].account_id, "444455556666");
  EXPECT_EQ(refused(provocations().at(reason::kTooOld))[0].account_id, "111122223333");
  EXPECT_EQ(refused(provocations().at(reason::kSyntax))[0].account_id, "");
}

TEST(QuarantineTest, ReasonsAreDifferentWords) {
  std::set<std::string_view> words;
  for (const Reason& entry : kReasons) {
    EXPECT_TRUE(words.insert(entry.code).second) << entry.code;
    EXPECT_EQ(entry.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789"), std::string_view::npos);
  }
}

TEST(QuarantineTest, EveryReasonSaysWhatItMeansAndWhatToDo) {
  for (const Reason& entry : kReasons) {
    EXPECT_FALSE(entry.meaning.empty()) << entry.code;
    ASSERT_FALSE(entry.advice.empty()) << entry.code;
    EXPECT_EQ(entry.advice.back(), '.') << "one sentence for people: " << entry.code;
    EXPECT_EQ(find_reason(entry.code), &entry);
  }
  EXPECT_EQ(find_reason("no_such_reason"), nullptr);
}

TEST(QuarantineTest, TheKindIsWhatTheRecordWasMeantToBe) {
  const auto kind_of = [](std::string_view reason) { return refused(provocations().at(reason))[0].kind; };
  EXPECT_EQ(kind_of(reason::kTime), RecordKind::kEvent);
  EXPECT_EQ(kind_of(reason::kAccountMismatch), RecordKind::kEvent);
  EXPECT_EQ(kind_of(reason::kMissingId), RecordKind::kFinding);
  EXPECT_EQ(kind_of(reason::kSyntax), RecordKind::kUnknown);
  EXPECT_EQ(kind_of(reason::kUnknownShape), RecordKind::kUnknown);
  for (
      const char* notification :
      {R"({"Records":[{"eventVersion":"3.0","eventSource":"aws:s3","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]})",
       R"({"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","s3":{"object":{"key":"k"}}}]})",
       R"({"s3Bucket":"b","s3ObjectKey":[5]})"}) {
    const auto records = refused(notification);
    ASSERT_EQ(records.size(), 1U) << notification;
    EXPECT_EQ(records[0].reason, reason::kSchema) << notification;
    EXPECT_EQ(records[0].kind, RecordKind::kNotice) << notification;
  }
}

// The first words of the errors that a source file makes: fail(Code::kX, "word: …"), bad_record("word", …).
void add_reason_words(const std::string& source, std::set<std::string>& words) {
  for (const std::string call : {"fail(", "refuse(", "bad_record("})
    for (auto at = source.find(call); at != std::string::npos; at = source.find(call, at + 1)) {
      const auto quote = source.find_first_of("\";", at);
      if (quote == std::string::npos || source[quote] == ';') continue;
      const auto end = source.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789", quote + 1);
      const std::string_view behind = std::string_view(source).substr(std::min(end, source.size()));
      if (behind.starts_with(": ") || (call == "bad_record(" && behind.starts_with('"')))
        words.insert(source.substr(quote + 1, end - quote - 1));
    }
}

// A word that the catalogue lacks would be shown without meaning or advice, under the reason of its code.
TEST(QuarantineTest, EveryReasonWordInTheSourceIsInTheCatalogue) {
  namespace fs = std::filesystem;
  std::set<std::string> words;
  add_reason_words(testing::read_whole_file(testing::source_dir() / "schema/core/json_tree.cpp"), words);
  for (const char* folder :
       {"ingest", "ingest/decode", "ingest/envelope", "ingest/map", "ingest/quarantine", "schema/record"})
    for (const auto& entry : fs::directory_iterator(testing::source_dir() / folder))
      if (entry.path().extension() == ".cpp") add_reason_words(testing::read_whole_file(entry.path()), words);
  for (const auto& word : words) EXPECT_NE(find_reason(word), nullptr) << word;
  // Those of the table in json_tree.cpp, and kTooLarge and kRefused, which need no word, are not seen so.
  const std::set<std::string_view> unseen{reason::kUtf8, reason::kString, reason::kControl, reason::kRefused,
                                          reason::kTooLarge};
  for (const Reason& entry : kReasons)
    EXPECT_EQ(words.contains(std::string(entry.code)), !unseen.contains(entry.code))
        << entry.code << ": nobody says it, or this test no longer sees it";
}

TEST(QuarantineTest, TheReasonIsTheFirstWordOfTheDetail) {
  const auto record = quarantined(fail(Code::kBadJson, "dup_key: an object has the same key twice"), "raw", 7);
  EXPECT_EQ(record.reason, reason::kDuplicateKey);
  EXPECT_EQ(record.detail, "an object has the same key twice");
  EXPECT_EQ(record.raw, "raw");
  EXPECT_EQ(record.position, 7U);
  EXPECT_EQ(quarantined(fail(Code::kBadTime, "time"), "", 0).detail, "time");
}

TEST(QuarantineTest, AnExceptionTellsItsTypeAndNotItsText) {
  const auto record = quarantined(internal_error(std::out_of_range("a piece of the record")), "raw", 0);
  EXPECT_EQ(record.reason, reason::kInternalError);
  EXPECT_EQ(record.detail, "std::out_of_range was thrown");
}

TEST(QuarantineTest, WithoutAWordTheCodeDecides) {
  const auto reason_of = [](Code code) { return quarantined(fail(code, "something else"), "", 0).reason; };
  EXPECT_EQ(reason_of(Code::kTooLarge), reason::kTooLarge);
  EXPECT_EQ(reason_of(Code::kBadTime), reason::kTime);
  EXPECT_EQ(reason_of(Code::kBadEncoding), reason::kEncoding);
  EXPECT_EQ(reason_of(Code::kBadRecord), reason::kSchema);
  EXPECT_EQ(reason_of(Code::kBadData), reason::kRefused);
  EXPECT_EQ(reason_of(Code::kBadJson), reason::kSyntax);
}

TEST(QuarantineTest, TheIdIsOfReasonAccountAndBytes) {
  QuarantinedRecord record = quarantined(fail(Code::kBadTime, "time: x"), "raw", 0);
  const auto id = quarantine_id(record);
  record.position = 99;
  record.detail = "another";
  EXPECT_EQ(quarantine_id(record), id);
  QuarantinedRecord other = record;
  other.account_id = "111122223333";
  EXPECT_NE(quarantine_id(other), id);
  other = record;
  other.raw = "raw ";
  EXPECT_NE(quarantine_id(other), id);
  other = record;
  other.reason = reason::kSchema;
  EXPECT_NE(quarantine_id(other), id);
}

}  // namespace
}  // namespace backtrail::ingest
