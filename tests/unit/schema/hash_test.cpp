#include "schema/core/hash.hpp"

#include <gtest/gtest.h>
#include <set>

#include "schema/model/entity.hpp"

namespace backtrail::schema {
namespace {

HashKey key_of(std::uint8_t first) {
  HashKey key;
  for (std::size_t i = 0; i < key.bytes.size(); ++i) key.bytes[i] = static_cast<std::uint8_t>(first + i);
  return key;
}

std::string hex_of(std::string_view text) {
  return hex(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

TEST(UuidTest, ReadsBothCasesAndWritesLower) {
  Uuid id;
  ASSERT_TRUE(parse_uuid("3038EBD2-c98a-4c65-9b6e-E22506292313", id));
  EXPECT_EQ(to_string(id), "3038ebd2-c98a-4c65-9b6e-e22506292313");
  EXPECT_EQ(id.bytes[0], 0x30);
  EXPECT_EQ(id.bytes[15], 0x13);
}

TEST(UuidTest, RefusesEveryOtherForm) {
  Uuid id;
  for (const std::string_view text : {"", "3038ebd2c98a4c659b6ee22506292313", "3038ebd2-c98a-4c65-9b6e-e2250629231",
                                      "3038ebd2-c98a-4c65-9b6e-e225062923130", "3038ebd2-c98a-4c65-9b6e-e2250629231g",
                                      "3038ebd2-c98a-4c65-9b6ee-22506292313", "{3038ebd2-c98a-4c65-9b6e-e2250629231}",
                                      "3038ebd2-c98a-4c65-9b6e_e22506292313"})
    EXPECT_FALSE(parse_uuid(text, id)) << text;
}

// Stored in every warehouse: a changed function would lose every stored hash.
TEST(HashTest, IsSipHash) {
  const HashKey key = key_of(0);
  // The reference vectors of SipHash-2-4 for the key 00…0f: input 00…0e, and (128 bits) the empty one.
  std::string input;
  for (char c = 0; c < 15; ++c) input += c;
  const std::int64_t hash = hash64(key, 0, input);
  EXPECT_EQ(static_cast<std::uint64_t>(hash), 0xa129ca6149be45e5ULL);
  EXPECT_EQ(to_string(fingerprint128(key, "")), "a3817f04-ba25-a8e6-6df6-7214c7550293");
}

TEST(HashTest, DependsOnKeyKindAndText) {
  const HashKey key = key_of(1);
  const std::set<std::int64_t> hashes{hash64(key, 1, "a"),       hash64(key, 2, "a"),
                                      hash64(key, 1, "b"),       hash64(key, 1, ""),
                                      hash64(key_of(2), 1, "a"), hash64(key, 1, std::string_view("a\0", 2))};
  EXPECT_EQ(hashes.size(), 6U);
  EXPECT_EQ(hash64(key, 1, "a"), hash64(key, 1, "a"));
  EXPECT_FALSE(hashes.contains(0));
}

TEST(HashTest, EntityHashSeesTheKeyAsItIsStored) {
  const HashKey key = key_of(1);
  const std::string full(kEntityKeyMaxBytes, 'a');
  EXPECT_EQ(entity_hash(key, EntityKind::kUserAgent, full), entity_hash(key, EntityKind::kUserAgent, full + "tail"));
  EXPECT_NE(entity_hash(key, EntityKind::kUserAgent, full), entity_hash(key, EntityKind::kUserAgent, full.substr(1)));
  EXPECT_NE(entity_hash(key, EntityKind::kUserAgent, "x"), entity_hash(key, EntityKind::kResource, "x"));
}

TEST(FingerprintTest, DependsOnKeyAndBytes) {
  const std::set<Uuid> prints{fingerprint128(key_of(1), "a"), fingerprint128(key_of(2), "a"),
                              fingerprint128(key_of(1), "b")};
  EXPECT_EQ(prints.size(), 3U);
}

TEST(Sha256Test, IsSha256) {
  const auto digest = sha256("abc");
  EXPECT_EQ(hex(digest.data(), digest.size()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_string(sha256_uuid("abc")), "ba7816bf-8f01-cfea-4141-40de5dae2223");
}

TEST(HexTest, WritesTwoDigitsAByte) {
  EXPECT_EQ(hex_of(std::string_view("\x00\x0f\xff", 3)), "000fff");
  EXPECT_EQ(hex_of(""), "");
}

TEST(RandomKeyTest, DiffersEachTime) {
  EXPECT_NE(random_hash_key().bytes, random_hash_key().bytes);
}

}  // namespace
}  // namespace backtrail::schema
