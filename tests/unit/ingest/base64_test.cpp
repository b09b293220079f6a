#include "ingest/decode/base64.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <rapidcheck.h>
#include <string>

namespace backtrail::ingest {
namespace {

std::string encoded(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                                       static_cast<int>(bytes.size()))));
  return text;
}

TEST(Base64Test, ReadsTheExamplesOfTheRfc) {
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("Zg=="), "f");
  EXPECT_EQ(decode_base64("Zm8="), "fo");
  EXPECT_EQ(decode_base64("Zm9v"), "foo");
  EXPECT_EQ(decode_base64("Zm9vYg=="), "foob");
  EXPECT_EQ(decode_base64("Zm9vYmE="), "fooba");
  EXPECT_EQ(decode_base64("Zm9vYmFy"), "foobar");
  EXPECT_EQ(decode_base64("+/+/"), "\xfb\xff\xbf");
}

TEST(Base64Test, RefusesWhatIsNotExactlyBase64) {
  for (const char* text :
       {"Z",    "Zg",     "Zg=",   "Zm8",  "Zm9v=", "Zm9v====", "====", "=",    "Zg==Zg==", "Z===",
        "Zm 9", "Zm9v\n", " Zm9v", "Zm9-", "Zm9_",  "Zm9\x80",  "Zh==", "Zm9=", "Zg=a",     "Zm9vY==="})
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
}

TEST(Base64Test, ReadsBackWhatAnotherLibraryWrote) {
  EXPECT_TRUE(
      rc::check("any bytes", [](const std::string& bytes) { RC_ASSERT(decode_base64(encoded(bytes)) == bytes); }));
}

TEST(Base64Test, WhatItTakesIsTheOnlyWayToWriteIt) {
  EXPECT_TRUE(rc::check("texts of the alphabet", [] {
    const std::string text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("AQgw/+=z")));
    if (const auto bytes = decode_base64(text)) RC_ASSERT(encoded(*bytes) == text);
  }));
}

}  // namespace
}  // namespace backtrail::ingest
