#include "schema/block_format/raw_codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace backtrail::schema {
namespace {

std::string encoded(std::string_view bytes) {
  std::string out;
  append_encoded_raw(bytes, out);
  return out;
}

std::string record(std::size_t bytes) {
  std::string text =
      R"({"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"GetObject","requestParameters":")";
  while (text.size() + 2 < bytes) text += static_cast<char>('a' + text.size() % 23);
  return text + "\"}";
}

TEST(RawCodecTest, GivesBackWhatWasStored) {
  EXPECT_TRUE(rc::check("any bytes", [](const std::string& bytes) {
    const auto back = decode_raw(encoded(bytes));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == bytes);
  }));
  for (const std::size_t size : {0U, 1U, 100U, 5000U, 1024U * 1024U}) {
    const std::string text = size == 0 ? "" : record(size);
    EXPECT_EQ(*decode_raw(encoded(text)), text);
  }
}

TEST(RawCodecTest, AppendsBehindWhatIsThere) {
  std::string out = "before";
  append_encoded_raw(record(500), out);
  ASSERT_TRUE(out.starts_with("before"));
  EXPECT_EQ(*decode_raw(std::string_view(out).substr(6)), record(500));
}

TEST(RawCodecTest, RecordsShrinkAndNoiseGrowsByOneByte) {
  EXPECT_LT(encoded(record(2000)).size(), 500U);
  std::string noise;
  for (std::uint32_t x = 1, i = 0; i < 300; ++i, x = x * 1664525U + 1013904223U) noise += static_cast<char>(x >> 24);
  EXPECT_EQ(encoded(noise).size(), noise.size() + 1);
}

TEST(RawCodecTest, RefusesUnknownFormats) {
  EXPECT_FALSE(decode_raw("").has_value());
  for (int format = 3; format < 256; ++format) {
    const auto decoded = decode_raw(static_cast<char>(format) + std::string("text"));
    ASSERT_FALSE(decoded.has_value()) << format;
    EXPECT_EQ(decoded.error().code, Code::kBadRecord);
  }
}

TEST(RawCodecTest, RefusesEveryTruncation) {
  const std::string stored = encoded(record(3000));
  for (std::size_t size = 0; size < stored.size(); ++size)
    EXPECT_FALSE(decode_raw(stored.substr(0, size)).has_value()) << size;
}

TEST(RawCodecTest, DamagedBytesNeverCrash) {
  const std::string stored = encoded(record(3000));
  EXPECT_TRUE(rc::check("some bytes changed", [&] {
    std::string damaged = stored;
    const auto changes = *rc::gen::inRange<std::size_t>(1, 6);
    for (std::size_t i = 0; i < changes; ++i)
      damaged[*rc::gen::inRange<std::size_t>(0, damaged.size())] = static_cast<char>(*rc::gen::inRange(0, 256));
    const auto decoded = decode_raw(damaged);
    RC_ASSERT((!decoded || decoded->size() <= kRawMaxBytes));  // in brackets: RC_ASSERT evaluates both sides
  }));
  EXPECT_TRUE(rc::check("any bytes behind a format byte", [](std::string bytes) {
    bytes.insert(bytes.begin(), static_cast<char>(*rc::gen::inRange(0, 3)));
    const auto decoded = decode_raw(bytes);
    RC_ASSERT((!decoded || decoded->size() <= kRawMaxBytes));
  }));
}

// A frame header may claim any size; memory is only taken for what we may have stored.
TEST(RawCodecTest, RefusesFramesThatClaimTooMuch) {
  using namespace std::string_view_literals;
  // magic, single segment with an eight-byte size: 2^40
  EXPECT_FALSE(decode_raw("\x01\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x00\x00\x01\x00\x00"sv).has_value());
}

}  // namespace
}  // namespace backtrail::schema
