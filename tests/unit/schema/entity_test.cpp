#include "schema/model/entity.hpp"

#include <gtest/gtest.h>
#include <set>

#include "schema/model/api_event.hpp"

namespace backtrail::schema {
namespace {

TEST(CutEntityKeyTest, KeepsWhatFits) {
  const std::string fits(kEntityKeyMaxBytes, 'a');
  EXPECT_EQ(cut_entity_key(fits), fits);
  EXPECT_EQ(cut_entity_key(fits + "b"), fits);
  EXPECT_EQ(cut_entity_key(""), "");
}

TEST(CutEntityKeyTest, NeverCutsInsideACharacter) {
  for (const std::string_view character : {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    for (std::size_t before = kEntityKeyMaxBytes - 4; before <= kEntityKeyMaxBytes; ++before) {
      const std::string text = std::string(before, 'a') + std::string(character) + "tail";
      const std::size_t whole = before + character.size();
      EXPECT_EQ(cut_entity_key(text).size(),
                whole > kEntityKeyMaxBytes ? before : std::min(kEntityKeyMaxBytes, text.size()))
          << before << " bytes before " << character;
    }
  }
}

TEST(CutEntityKeyTest, EndsOnDamagedText) {
  EXPECT_EQ(cut_entity_key(std::string(2 * kEntityKeyMaxBytes, '\x80')), "");
}

TEST(EntityKindTest, NamesAreInverseAndDifferent) {
  std::set<std::string_view> names;
  for (const EntityKind kind : kEntityKinds) {
    names.insert(name_of(kind));
    EXPECT_EQ(entity_kind_from(name_of(kind)), kind);
  }
  EXPECT_EQ(names.size(), kEntityKinds.size());
  EXPECT_FALSE(entity_kind_from("").has_value());
  EXPECT_FALSE(entity_kind_from("user").has_value());
}

TEST(AccountIdTest, IsTwelveAsciiDigits) {
  for (const std::string_view good : {"111122223333", "000000000000", "012345678901"})
    EXPECT_TRUE(is_account_id(good)) << good;
  for (const std::string_view bad : {"", "11112222333", "1111222233334", "11112222333a", " 11112222333",
                                     "111122223333\n", "1111-2222-3333", "١١١١٢٢", "-11122223333", "1.1122223333"})
    EXPECT_FALSE(is_account_id(bad)) << bad;
}

TEST(InstanceIdTest, IsEightToSeventeenHexDigits) {
  for (const std::string_view good : {"i-12345678", "i-0123456789abcdef0", "i-99999999"})
    EXPECT_TRUE(is_instance_id(good)) << good;
  for (const std::string_view bad : {"", "i-", "i-1234567", "i-0123456789abcdef01", "i-0123456G", "I-12345678",
                                     "i-1234567A", "ii-12345678", "i-12345678 ", "mi-12345678"})
    EXPECT_FALSE(is_instance_id(bad)) << bad;
}

TEST(AccessKeyIdTest, IsFourLettersAndAtLeastTwelveMore) {
  for (const std::string_view good : {"AKIAEXAMPLEKEY000001", "ASIAEXAMPLEKEY000001", "AKIA123456789012"})
    EXPECT_TRUE(is_access_key_id(good)) << good;
  for (const std::string_view bad : {"", "AKIA", "AKIA12345678901", "AROAEXAMPLEKEY000001", "AKIAexamplekey000001",
                                     "AKIAEXAMPLEKEY00000-", "xAKIAEXAMPLEKEY000001"})
    EXPECT_FALSE(is_access_key_id(bad)) << bad;
  EXPECT_TRUE(is_access_key_id("AKIA" + std::string(124, 'A')));
  EXPECT_FALSE(is_access_key_id("AKIA" + std::string(125, 'A')));
}

TEST(IpAddressTest, IsTextOfVersionFourOrSix) {
  for (const std::string_view good : {"192.0.2.1", "255.255.255.255", "2001:db8::1", "::1", "::ffff:192.0.2.1",
                                      "2001:0db8:0000:0000:0000:0000:0000:0001"})
    EXPECT_TRUE(is_ip_address(good)) << good;
  for (const std::string_view bad :
       {"", "AWS Internal", "ec2.amazonaws.com", "fe80::1%eth0", "1.2.3.999", "1.2.3", "192.0.2.1/32", "192.0.2.1 ",
        "01.2.3.4", "0x7f.1", "2001:db8:::1", "HIDDEN_DUE_TO_SECURITY_REASONS"})
    EXPECT_FALSE(is_ip_address(bad)) << bad;
  EXPECT_FALSE(is_ip_address(std::string_view("192.0.2.1\0", 10)));
  EXPECT_FALSE(is_ip_address(std::string(1000, ':')));
}

TEST(ModelNamesTest, EveryValueHasAName) {
  for (const auto event_class :
       {EventClass::kManagement, EventClass::kData, EventClass::kInsight, EventClass::kNetworkActivity})
    EXPECT_FALSE(name_of(event_class).empty());
  for (const auto outcome : {Outcome::kOk, Outcome::kDenied, Outcome::kFailed}) EXPECT_FALSE(name_of(outcome).empty());
  for (const auto role : {FindingRole::kActor, FindingRole::kTarget, FindingRole::kRemote, FindingRole::kRelated})
    EXPECT_FALSE(name_of(role).empty());
}

}  // namespace
}  // namespace backtrail::schema
