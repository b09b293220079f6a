#include "query/cursor.hpp"

#include <gtest/gtest.h>
#include <random>

namespace backtrail::query {
namespace {

using schema::Code;

std::string cursor_of(const std::vector<std::string>& parts) {
  return encode_cursor("activity", 77, parts);
}

void expect_bad(const schema::Result<std::vector<std::string>>& result) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kBadCursor);
  EXPECT_TRUE(result.error().detail.starts_with("cursor: "));
}

TEST(CursorTest, GivesBackItsParts) {
  const std::vector<std::string> parts{"2026-11-20T10:00:00Z", "", std::string("a\0b\xff", 4)};
  const auto cursor = cursor_of(parts);
  EXPECT_EQ(cursor.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
  const auto decoded = decode_cursor("activity", 77, cursor, 3);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, parts);
}

TEST(CursorTest, RefusesAnotherKindQuestionOrCount) {
  const auto cursor = cursor_of({"a", "b"});
  ASSERT_TRUE(decode_cursor("activity", 77, cursor, 2));
  expect_bad(decode_cursor("findings", 77, cursor, 2));
  expect_bad(decode_cursor("activit", 77, cursor, 2));
  expect_bad(decode_cursor("activity", 78, cursor, 2));
  expect_bad(decode_cursor("activity", 77, cursor, 1));
  expect_bad(decode_cursor("activity", 77, cursor, 3));
}

TEST(CursorTest, RefusesWhatItDidNotIssue) {
  for (const std::string_view text : {"", "=", "A", "AA", "!!!!", "AQAA", "hello world", "e30="})
    expect_bad(decode_cursor("activity", 77, text, 2));
  const auto cursor = cursor_of({"a", "b"});
  for (std::size_t size = 0; size < cursor.size(); ++size)
    expect_bad(decode_cursor("activity", 77, std::string_view(cursor).substr(0, size), 2));
  expect_bad(decode_cursor("activity", 77, cursor + "A", 2));
  expect_bad(decode_cursor("activity", 77, cursor + "=", 2));
}

TEST(CursorTest, LooksAtNothingBeyondItsLimit) {
  // 1 format + 2 + 8 kind + 8 hash + 2 length = 21 bytes around the part.
  const std::size_t bytes_max = kCursorMaxChars * 3 / 4;
  const auto longest = cursor_of({std::string(bytes_max - 21, 'x')});
  ASSERT_EQ(longest.size(), kCursorMaxChars);
  EXPECT_TRUE(decode_cursor("activity", 77, longest, 1));
  const auto longer = cursor_of({std::string(bytes_max - 20, 'x')});
  ASSERT_GT(longer.size(), kCursorMaxChars);
  expect_bad(decode_cursor("activity", 77, longer, 1));
}

TEST(CursorTest, NeverThrowsOnRandomText) {
  std::mt19937 random(20261120);
  const auto cursor = cursor_of({"2026-11-20T10:00:00Z", "event"});
  for (int round = 0; round < 20'000; ++round) {
    std::string text = cursor;
    for (int change = 0; change < 3; ++change) text[random() % text.size()] = static_cast<char>(random() & 0xFF);
    if (random() % 2 == 0) text.resize(random() % (text.size() + 1));
    const auto decoded = decode_cursor("activity", 77, text, 2);
    if (decoded)
      EXPECT_EQ(decoded->size(), 2U);
    else
      EXPECT_EQ(decoded.error().code, Code::kBadCursor);
  }
}

TEST(CursorTest, QuestionHashIsStable) {
  EXPECT_EQ(question_hash(""), 0xe3b0c44298fc1c14U);  // the first eight bytes of SHA-256
  EXPECT_NE(question_hash("a"), question_hash("b"));
}

TEST(CursorTest, Base64UrlAcceptsOneSpelling) {
  std::mt19937 random(7);
  for (std::size_t size = 0; size < 64; ++size) {
    std::string bytes(size, '\0');
    for (auto& c : bytes) c = static_cast<char>(random() & 0xFF);
    EXPECT_EQ(from_base64url(base64url(bytes)), bytes);
  }
  EXPECT_EQ(base64url("\xfb\xff"), "-_8");
  EXPECT_EQ(from_base64url("-_9"), std::nullopt);  // a stray bit
  EXPECT_EQ(from_base64url("-_8="), std::nullopt);
  EXPECT_EQ(from_base64url("A"), std::nullopt);
}

}  // namespace
}  // namespace backtrail::query
