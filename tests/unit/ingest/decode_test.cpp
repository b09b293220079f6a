#include "ingest/decode/decode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/support/compressed.hpp"

namespace backtrail::ingest {
namespace {

using ::testing::ElementsAre;
using testing::gzip;
using ::testing::IsEmpty;
using testing::zip;
using testing::zstd;
using testing::zstd_stream;

constexpr std::size_t kMiB = 1024 * 1024;

struct Outcome {
  std::vector<std::string> texts;     // of the documents
  std::vector<std::string> failures;  // "bomb" or "encoding", then the raw bytes that are kept
};

Outcome decoded(const std::string& bytes, const DecodeLimits& limits = {}) {
  const Decoded result = decode(bytes, limits);
  Outcome outcome;
  for (const auto& document : result.documents) outcome.texts.push_back(document.text);
  for (const auto& failure : result.failures) {
    EXPECT_EQ(failure.error.code, schema::Code::kBadEncoding);
    // Evidence is a part of what was sent, and the view is still alive.
    EXPECT_GE(failure.raw.data(), bytes.data());
    EXPECT_LE(failure.raw.data() + failure.raw.size(), bytes.data() + bytes.size());
    outcome.failures.push_back(failure.error.detail.substr(0, failure.error.detail.find(':')) + " " +
                               std::string(failure.raw));
  }
  return outcome;
}

std::vector<std::string> words(const Outcome& outcome) {
  std::vector<std::string> found;
  for (const auto& failure : outcome.failures) found.push_back(failure.substr(0, failure.find(' ')));
  return found;
}

DecodeLimits budget(std::size_t bytes) {
  DecodeLimits limits;
  limits.output_bytes_max = bytes;
  return limits;
}

// Text that compresses by about three.
std::string prose(std::size_t bytes) {
  std::string text;
  for (std::uint32_t x = 1; text.size() < bytes; x = x * 1664525U + 1013904223U)
    text += static_cast<char>('a' + (x >> 26) % 7);
  return text;
}

// --- plain

TEST(DecodeTest, PlainTextIsItself) {
  EXPECT_THAT(decoded("{}").texts, ElementsAre("{}"));
  EXPECT_THAT(decoded("").texts, ElementsAre(""));
  EXPECT_THAT(decoded("\x1f").texts, ElementsAre("\x1f"));
}

TEST(DecodeTest, KnowsContainersByTheirFirstBytes) {
  EXPECT_EQ(container_of(gzip("x")), Container::kGzip);
  EXPECT_EQ(container_of(zstd("x")), Container::kZstd);
  EXPECT_EQ(container_of(zip({{"a", "x"}})), Container::kZip);
  EXPECT_EQ(container_of(zip({})), Container::kNone) << "libzip makes nothing of nothing";
  EXPECT_EQ(container_of("{}"), Container::kNone);
  EXPECT_EQ(container_of(""), Container::kNone);
}

TEST(DecodeTest, DocumentsHaveRoomBehindThem) {
  for (const std::string& bytes : {std::string("{}"), gzip("{}"), zstd("{}"), zip({{"a", "{}"}})}) {
    const Decoded result = decode(bytes, {});
    ASSERT_EQ(result.documents.size(), 1U);
    EXPECT_GE(result.documents[0].text.capacity(), result.documents[0].text.size() + 64);
  }
}

// --- gzip

TEST(DecodeGzipTest, ReadsEveryMember) {
  EXPECT_THAT(decoded(gzip("one")).texts, ElementsAre("one"));
  EXPECT_THAT(decoded(gzip("one ") + gzip("two ") + gzip("") + gzip("three")).texts, ElementsAre("one two three"));
}

TEST(DecodeGzipTest, EmptyMembersAreNothing) {
  const auto outcome = decoded(gzip("") + gzip(""));
  EXPECT_THAT(outcome.texts, IsEmpty());
  EXPECT_THAT(outcome.failures, IsEmpty());
}

// Time must follow the size of the input, not its square: 2 MB of empty members.
TEST(DecodeGzipTest, ManyEmptyMembersCostLittle) {
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) bytes += gzip("");
  const auto outcome = decoded(bytes + gzip("end"));
  EXPECT_THAT(outcome.texts, ElementsAre("end"));
}

TEST(DecodeGzipTest, DamageKeepsTheMembersBefore) {
  const std::string good = gzip("good"), text = prose(5000);
  const std::string truncated = gzip(text).substr(0, gzip(text).size() / 2);
  const auto outcome = decoded(good + truncated);
  EXPECT_THAT(outcome.texts, ElementsAre("good"));
  EXPECT_THAT(outcome.failures, ElementsAre("encoding " + truncated));
}

TEST(DecodeGzipTest, ChecksumAndLengthAreChecked) {
  const std::string good = gzip("some text");
  for (const std::size_t from_end : {8U, 7U, 4U, 1U}) {
    std::string damaged = good;
    damaged[damaged.size() - from_end] = static_cast<char>(damaged[damaged.size() - from_end] ^ 1);
    const auto outcome = decoded(damaged);
    EXPECT_THAT(outcome.texts, IsEmpty()) << from_end;
    EXPECT_THAT(outcome.failures, ElementsAre("encoding " + damaged));
  }
}

TEST(DecodeGzipTest, EveryTruncationIsADamage) {
  const std::string good = gzip(prose(300));
  for (std::size_t size = 2; size < good.size(); ++size)
    EXPECT_THAT(words(decoded(good.substr(0, size))), ElementsAre("encoding")) << size;
}

TEST(DecodeGzipTest, ZerosBehindAreFillingAndTheRestIsKept) {
  EXPECT_THAT(decoded(gzip("x") + std::string(512, '\0')).failures, IsEmpty());
  const auto outcome = decoded(gzip("x") + std::string(3, '\0') + "garbage");
  EXPECT_THAT(outcome.texts, ElementsAre("x"));
  EXPECT_THAT(outcome.failures, ElementsAre("encoding garbage"));
}

TEST(DecodeGzipTest, OnlyTheHeaderOfGzip) {
  EXPECT_THAT(words(decoded("\x1f\x8b")), ElementsAre("encoding"));
  EXPECT_THAT(words(decoded("\x1f\x8bplain text")), ElementsAre("encoding"));
}

// --- zstd

TEST(DecodeZstdTest, ReadsFramesOneAfterTheOther) {
  EXPECT_THAT(decoded(zstd("one")).texts, ElementsAre("one"));
  EXPECT_THAT(decoded(zstd("one ") + zstd("two")).texts, ElementsAre("one two"));
}

TEST(DecodeZstdTest, ReadsFramesOfAnyBlocks) {
  for (const bool checksum : {true, false})
    for (const std::size_t size : {1U, 70'000U, 100'000U, 128U * 1024U, 200'000U}) {
      const std::string piece = prose(size);
      EXPECT_THAT(decoded(zstd_stream({piece, piece, piece}, checksum)).texts, ElementsAre(piece + piece + piece))
          << size;
      // Blocks of one repeated byte: a few bytes of input make 128 KiB.
      const std::string same(size, 'x');
      EXPECT_THAT(decoded(zstd_stream({same, same}, checksum)).texts, ElementsAre(same + same)) << size;
    }
}

TEST(DecodeZstdTest, DamageAndTruncationAreKeptWhole) {
  const std::string good = zstd(prose(5000));
  for (std::size_t size = 4; size < good.size(); size += 7)
    EXPECT_THAT(words(decoded(good.substr(0, size))), ElementsAre("encoding")) << size;
  std::string damaged = zstd_stream({prose(5000)});
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  EXPECT_THAT(decoded(damaged).failures, ElementsAre("encoding " + damaged));
}

TEST(DecodeZstdTest, RefusesHugeWindowsBeforeTakingMemory) {
  using namespace std::string_literals;
  // A frame header that asks for a window of 2 GiB.
  EXPECT_THAT(words(decoded("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00"s)), ElementsAre("encoding"));
}

// --- zip

TEST(DecodeZipTest, EveryFileIsADocumentWithItsName) {
  const std::string bytes = zip({{"a.json", "{}"}, {"folder/", ""}, {"folder/b.json", "[]"}});
  const Decoded result = decode(bytes, {});
  ASSERT_EQ(result.documents.size(), 2U);
  EXPECT_EQ(result.documents[0].name, "a.json");
  EXPECT_EQ(result.documents[1].name, "folder/b.json");
  EXPECT_EQ(result.documents[1].text, "[]");
  EXPECT_TRUE(result.failures.empty());
}

TEST(DecodeZipTest, DamageIsKeptOnce) {
  std::string bytes = zip({{"a.json", prose(3000)}, {"b.json", prose(4000)}, {"c.json", "{}"}});
  for (std::size_t i = 60; i < 500; ++i) bytes[i] = static_cast<char>(bytes[i] ^ 0x55);
  const auto outcome = decoded(bytes);
  EXPECT_THAT(outcome.failures, ElementsAre("encoding " + bytes));
  EXPECT_THAT(outcome.texts, ElementsAre(prose(4000), "{}"));
}

TEST(DecodeZipTest, AManyTimesDamagedZipIsKeptOnce) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (int i = 0; i < 300; ++i) entries.emplace_back(std::to_string(i), "text");
  std::string bytes = zip(entries);
  for (std::size_t at = bytes.find("text"); at != std::string::npos; at = bytes.find("text", at + 1)) bytes[at] = 'T';
  EXPECT_THAT(words(decoded(bytes)), ElementsAre("encoding"));
}

TEST(DecodeZipTest, TruncatedZipIsDamage) {
  const std::string good = zip({{"a.json", "{}"}});
  for (std::size_t size = 4; size < good.size(); ++size)
    EXPECT_THAT(words(decoded(good.substr(0, size))), ElementsAre("encoding")) << size;
}

// --- containers in containers

TEST(DecodeNestedTest, OpensThreeLevelsAndNoMore) {
  const std::string three = gzip(gzip(gzip("x")));
  EXPECT_THAT(decoded(three).texts, ElementsAre("x"));
  const std::string four = gzip(three);
  const auto outcome = decoded(four);
  EXPECT_THAT(outcome.texts, IsEmpty());
  EXPECT_THAT(outcome.failures, ElementsAre("encoding " + four));
}

TEST(DecodeNestedTest, OpensEveryKindInEveryOther) {
  EXPECT_THAT(decoded(gzip(zstd("x"))).texts, ElementsAre("x"));
  EXPECT_THAT(decoded(zstd(gzip("x"))).texts, ElementsAre("x"));
  EXPECT_THAT(decoded(gzip(zip({{"a", "x"}, {"b", gzip("y")}}))).texts, ElementsAre("x", "y"));
  EXPECT_THAT(decoded(zip({{"a", zstd("x")}, {"b.zip", zip({{"c", "y"}})}})).texts, ElementsAre("x", "y"));
  EXPECT_THAT(decoded(gzip(gzip("x")) + gzip("y")).texts, ElementsAre("x", "y"));
}

// What is kept is what was sent: the inner bytes are gone by then.
TEST(DecodeNestedTest, InnerDamageKeepsTheOuterBytes) {
  const std::string broken_gzip = gzip(prose(500)).substr(0, 100), broken_zip = zip({{"a", "x"}}).substr(0, 30),
                    broken_zstd = zstd(prose(500)).substr(0, 100);
  for (const std::string& inner :
       {broken_gzip, broken_zip, broken_zstd, gzip(broken_zip), gzip(gzip("deep")) + "junk"}) {
    for (const std::string& outer : {gzip(inner), zstd(inner), zip({{"a", inner}})})
      EXPECT_THAT(decoded(outer).failures, ElementsAre("encoding " + outer));
  }
}

TEST(DecodeNestedTest, ManyInnerDamagesAreKeptOnce) {
  std::string members;
  for (int i = 0; i < 2000; ++i) members += gzip("PK\x03\x04 damaged");
  EXPECT_THAT(words(decoded(gzip(members))), ElementsAre("encoding"));
}

// --- limits

TEST(DecodeLimitTest, OutputEndsAtTheBudget) {
  const std::string fits = prose(50'000), more = fits + "x";
  EXPECT_THAT(decoded(gzip(fits), budget(fits.size())).texts, ElementsAre(fits));
  EXPECT_THAT(words(decoded(gzip(more), budget(fits.size()))), ElementsAre("bomb"));
  EXPECT_THAT(decoded(zstd(fits), budget(fits.size())).texts, ElementsAre(fits));
  EXPECT_THAT(words(decoded(zstd(more), budget(fits.size()))), ElementsAre("bomb"));
  EXPECT_THAT(decoded(zstd_stream({fits}), budget(fits.size())).texts, ElementsAre(fits));
  EXPECT_THAT(words(decoded(zstd_stream({more}), budget(fits.size()))), ElementsAre("bomb"));
  EXPECT_THAT(decoded(zip({{"a", fits}}), budget(fits.size())).texts, ElementsAre(fits));
  EXPECT_THAT(words(decoded(zip({{"a", more}}), budget(fits.size()))), ElementsAre("bomb"));
}

TEST(DecodeLimitTest, TheBudgetIsOfAllPartsTogether) {
  const std::string part = prose(20'000);
  EXPECT_THAT(decoded(gzip(part) + gzip(part), budget(2 * part.size())).texts, ElementsAre(part + part));
  const auto gz = decoded(gzip(part) + gzip(part), budget(2 * part.size() - 1));
  EXPECT_THAT(gz.texts, ElementsAre(part)) << "what fitted is kept";
  EXPECT_THAT(gz.failures, ElementsAre("bomb " + gzip(part)));
  const auto archive = decoded(zip({{"a", part}, {"b", part}, {"c", part}}), budget(2 * part.size() - 1));
  EXPECT_THAT(archive.texts, ElementsAre(part));
  EXPECT_THAT(words(archive), ElementsAre("bomb"));
  // What was unpacked on the way to the inside counts too.
  EXPECT_THAT(decoded(gzip(gzip(part)), budget(part.size() + gzip(part).size())).texts, ElementsAre(part));
  EXPECT_THAT(words(decoded(gzip(gzip(part)), budget(part.size() + gzip(part).size() - 1))), ElementsAre("bomb"));
}

TEST(DecodeLimitTest, OneMebibyteMayGrowFromAnything) {
  EXPECT_EQ(decoded(gzip(std::string(kMiB, 'x'), 9)).texts.at(0).size(), kMiB);
  EXPECT_THAT(words(decoded(gzip(std::string(kMiB + 1, 'x'), 9))), ElementsAre("bomb"));
  EXPECT_EQ(decoded(zstd(std::string(kMiB, 'x'))).texts.at(0).size(), kMiB);
  EXPECT_THAT(words(decoded(zstd(std::string(kMiB + 1, 'x')))), ElementsAre("bomb"));
}

TEST(DecodeLimitTest, BeyondThatTheRatioCounts) {
  DecodeLimits limits;
  limits.ratio_free_bytes = 1000;
  limits.ratio_max = 10;
  const std::string text = std::string(3000, 'x') + prose(2000);
  const std::string packed = gzip(text);
  limits.ratio_max = text.size() / packed.size() + 1;
  EXPECT_THAT(decoded(packed, limits).texts, ElementsAre(text));
  limits.ratio_max = text.size() / packed.size();
  ASSERT_LT(limits.ratio_max * packed.size(), text.size());
  EXPECT_THAT(decoded(packed, limits).failures, ElementsAre("bomb " + packed));
}

TEST(DecodeLimitTest, BombsStopAtTheBudgetAndAreKept) {
  const std::string zeros(40 * kMiB, '\0');
  for (const std::string& bomb :
       {gzip(zeros, 9), zstd(zeros, 19), zip({{"a", zeros}}), gzip(gzip(zeros, 9), 9), gzip(zstd(zeros))}) {
    const auto outcome = decoded(bomb);
    EXPECT_THAT(outcome.texts, IsEmpty());
    EXPECT_THAT(outcome.failures, ElementsAre("bomb " + bomb));
  }
}

// --- anything

TEST(DecodeTest, AnyBytesAreDecodedOrKept) {
  const std::vector<std::string> good{gzip(prose(400)), zstd(prose(400)), zip({{"a", prose(400)}, {"b", "x"}}),
                                      gzip(zip({{"a", gzip("x")}}))};
  EXPECT_TRUE(rc::check("containers with some bytes changed", [&good] {
    std::string bytes = *rc::gen::elementOf(good);
    const auto changes = *rc::gen::inRange(1, 8);
    for (int i = 0; i < changes; ++i)
      bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = static_cast<char>(*rc::gen::inRange(0, 256));
    if (*rc::gen::arbitrary<bool>()) bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size()));
    const auto outcome = decoded(bytes);
    RC_ASSERT(outcome.texts.size() + outcome.failures.size() <= 3U);
  }));
}

}  // namespace
}  // namespace backtrail::ingest
