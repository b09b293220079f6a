// What is kept of sealed parts: found by content, and never more than there is room for.
#include "query/event_reader/part_cache.hpp"

#include <gtest/gtest.h>
#include <string>

namespace backtrail::query {
namespace {

PieceKey key_of(std::uint8_t part, std::uint32_t block = 0) {
  PieceKey key;
  key.digest.fill(part);
  key.block = block;
  return key;
}

TEST(PartCacheTest, GivesWhatWasKeptUnderItsContent) {
  PieceCache<std::string> cache(1600);
  cache.put(key_of(1), std::make_shared<std::string>("one"), 100);
  cache.put(key_of(1, 1), std::make_shared<std::string>("block"), 100);
  cache.put(key_of(1), std::make_shared<std::string>("again"), 100);
  EXPECT_EQ(*cache.find(key_of(1)), "one");
  EXPECT_EQ(*cache.find(key_of(1, 1)), "block");
  EXPECT_EQ(cache.find(key_of(2)), nullptr);
  EXPECT_EQ(cache.find(key_of(1, 2)), nullptr);
  EXPECT_EQ(cache.bytes(), 200U) << "once";
}

TEST(PartCacheTest, DigestsThatBeginAlikeAreApart) {
  PieceCache<std::string> cache(1600);
  PieceKey other = key_of(1);
  other.digest.back() = 2;
  cache.put(key_of(1), std::make_shared<std::string>("one"), 100);
  EXPECT_EQ(cache.find(other), nullptr);
}

TEST(PartCacheTest, TakesNoMoreThanItsRoom) {
  PieceCache<std::string> cache(1600);
  const auto first = std::make_shared<std::string>("first");
  cache.put(key_of(0), first, 100);
  for (std::uint32_t block = 1; block <= 1000; ++block) {
    cache.put(key_of(0, block), std::make_shared<std::string>(std::to_string(block)), 1 + block % 100);
    ASSERT_LE(cache.bytes(), 1600U);
  }
  std::size_t kept = 0;
  for (std::uint32_t block = 1; block <= 1000; ++block)
    if (const auto found = cache.find(key_of(0, block))) {
      EXPECT_EQ(*found, std::to_string(block));
      ++kept;
    }
  EXPECT_GE(kept, 16U);
  EXPECT_LT(kept, 200U);
  EXPECT_EQ(*first, "first") << "whoever has a piece keeps it";
}

TEST(PartCacheTest, OfMoreThanFitsSomeStay) {
  PieceCache<std::string> cache(1600);
  const auto round = [&] {
    std::size_t hits = 0;
    for (std::uint32_t block = 0; block < 32; ++block)
      if (cache.find(key_of(0, block)))
        ++hits;
      else
        cache.put(key_of(0, block), std::make_shared<std::string>(), 100);
    return hits;
  };
  EXPECT_EQ(round(), 0U);
  std::size_t hits = 0;
  for (int i = 0; i < 20; ++i) hits += round();
  EXPECT_GT(hits, 20U) << "the same list again and again, twice as long as the room";
}

TEST(PartCacheTest, APieceOfASixteenthIsKeptAndALargerOneNot) {
  PieceCache<std::string> cache(1600);
  cache.put(key_of(1), std::make_shared<std::string>(), 100);
  cache.put(key_of(2), std::make_shared<std::string>(), 101);
  EXPECT_NE(cache.find(key_of(1)), nullptr);
  EXPECT_EQ(cache.find(key_of(2)), nullptr);
}

}  // namespace
}  // namespace backtrail::query
