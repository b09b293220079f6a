// Keys: made once, verified in every way that must fail, revoked, expired; and what roles may see of them.
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>
#include <set>
#include <string>

#include "schema/core/time.hpp"
#include "schema/registry/api_keys.hpp"
#include "tests/support/test_database.hpp"

namespace backtrail::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr std::int64_t kNow = 1'800'000'000 * kMicrosPerSecond;

class ApiKeyTest : public ::testing::Test {
 protected:
  std::string make(std::string_view role, const std::vector<std::string>& accounts,
                   std::optional<std::int64_t> expires_us = {}) {
    const auto key = create_api_key(maintenance_, "test", role, accounts, expires_us, kNow);
    EXPECT_TRUE(key.has_value()) << (key ? "" : key.error().detail);
    return key ? key->token : "";
  }
  std::optional<VerifiedKey> verified(const std::string& token, std::int64_t now_us = kNow) {
    auto key = verify_api_key(api_, token, now_us);
    EXPECT_TRUE(key.has_value()) << (key ? "" : key.error().detail);
    return key ? *key : std::nullopt;
  }
  static std::string id_of(const std::string& token) { return token.substr(3, kKeyIdChars); }

  testing::TestDatabase database_;
  Database maintenance_{{.connection_string = database_.connection_string("backtrail_maintenance")}};
  Database api_{{.connection_string = database_.connection_string("backtrail_api")}};
};

TEST_F(ApiKeyTest, IsVerifiedWithWhatItMayDo) {
  const auto token = make("analyst", {"444455556666", "111122223333"});
  EXPECT_THAT(token, MatchesRegex("bt_[0-9a-z]{12}_[0-9a-z]{52}"));
  const auto key = verified(token);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->key_id, id_of(token));
  EXPECT_EQ(key->name, "test");
  EXPECT_EQ(key->role, "analyst");
  EXPECT_THAT(key->accounts, ElementsAre("444455556666", "111122223333"));
  EXPECT_THAT(verified(make("administrator", {"*"}))->accounts, ElementsAre("*"));
}

TEST_F(ApiKeyTest, IsNeverTheSameTwice) {
  std::set<std::string> tokens;
  for (int i = 0; i < 50; ++i) tokens.insert(make("ingest", {"*"}));
  EXPECT_EQ(tokens.size(), 50U);
}

TEST_F(ApiKeyTest, IsRefusedUnlessEveryLetterFits) {
  const auto token = make("analyst", {"*"});
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto wrong = token;
    wrong[i] = wrong[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(verified(wrong).has_value()) << "letter " << i;
  }
  for (const std::string& other : {std::string(), token + "a", token.substr(0, token.size() - 1), " " + token,
                                   token + "\n", std::string("bt__"), "bt_" + id_of(token), "bt_" + id_of(token) + "_",
                                   std::string(100'000, 'a'), std::string("bt_\0", 4) + token.substr(4)})
    EXPECT_FALSE(verified(other).has_value()) << other.substr(0, 80);
}

TEST_F(ApiKeyTest, DoesNotOpenWithTheSecretOfAnother) {
  const auto one = make("analyst", {"*"}), other = make("administrator", {"*"});
  EXPECT_FALSE(verified(one.substr(0, 16) + other.substr(16)).has_value());
}

TEST_F(ApiKeyTest, EndsWhenItExpires) {
  const auto token = make("analyst", {"*"}, kNow + 1000);
  EXPECT_TRUE(verified(token, kNow + 999).has_value());
  EXPECT_FALSE(verified(token, kNow + 1000).has_value());
}

TEST_F(ApiKeyTest, EndsWhenItIsRevoked) {
  const auto token = make("analyst", {"*"}), other = make("analyst", {"*"});
  EXPECT_TRUE(revoke_api_key(maintenance_, id_of(token), kNow + 5).has_value());
  EXPECT_FALSE(verified(token, kNow + 6).has_value());
  EXPECT_TRUE(verified(other, kNow + 6).has_value());
  EXPECT_TRUE(revoke_api_key(maintenance_, id_of(token), kNow + 50).has_value());
  const auto keys = list_api_keys(maintenance_);
  ASSERT_TRUE(keys.has_value());
  const auto found =
      std::find_if(keys->begin(), keys->end(), [&](const auto& key) { return key.key_id == id_of(token); });
  ASSERT_NE(found, keys->end());
  EXPECT_EQ(found->revoked_us, kNow + 5) << "a second revocation does not move the time";
  for (const std::string_view unknown : {"000000000000", "", "x", "'; DROP TABLE api_key; --"}) {
    const auto revoked = revoke_api_key(maintenance_, unknown, kNow);
    ASSERT_FALSE(revoked.has_value());
    EXPECT_EQ(revoked.error().code, Code::kNotFound);
  }
}

TEST_F(ApiKeyTest, IsListedWithoutItsSecret) {
  const auto token = make("analyst", {"111122223333", "444455556666"}, kNow + kMicrosPerDay);
  const auto keys = list_api_keys(maintenance_);
  ASSERT_TRUE(keys.has_value());
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->front().key_id, id_of(token));
  EXPECT_EQ(keys->front().role, "analyst");
  EXPECT_THAT(keys->front().accounts, ElementsAre("111122223333", "444455556666"));
  EXPECT_EQ(keys->front().created_us, kNow);
  EXPECT_EQ(keys->front().expires_us, kNow + kMicrosPerDay);
  EXPECT_EQ(keys->front().revoked_us, std::nullopt);
}

TEST_F(ApiKeyTest, IsRefusedWithBadValues) {
  const auto refused = [&](std::string_view name, std::string_view role, const std::vector<std::string>& accounts,
                           std::optional<std::int64_t> expires_us = {}) {
    const auto key = create_api_key(maintenance_, name, role, accounts, expires_us, kNow);
    EXPECT_FALSE(key.has_value());
    return key ? std::string{} : key.error().detail;
  };
  EXPECT_THAT(refused("", "analyst", {"*"}), StartsWith("name: "));
  EXPECT_THAT(refused("a\nb", "analyst", {"*"}), StartsWith("name: "));
  EXPECT_THAT(refused(std::string(kKeyNameMaxBytes + 1, 'n'), "analyst", {"*"}), StartsWith("name: "));
  EXPECT_THAT(refused("n", "root", {"*"}), StartsWith("role: "));
  EXPECT_THAT(refused("n", "analyst", {}), StartsWith("accounts: "));
  EXPECT_THAT(refused("n", "analyst", {"*", "111122223333"}), StartsWith("accounts: "));
  EXPECT_THAT(refused("n", "analyst", {"11112222333"}), StartsWith("accounts: "));
  EXPECT_THAT(refused("n", "analyst", std::vector<std::string>(kKeyAccountsMax + 1, "111122223333")),
              StartsWith("accounts: "));
  EXPECT_THAT(refused("n", "analyst", {"*"}, kNow), StartsWith("expires: "));
  EXPECT_TRUE(create_api_key(maintenance_, std::string(kKeyNameMaxBytes, 'n'), "analyst",
                             std::vector<std::string>(kKeyAccountsMax, "111122223333"), kNow + 1, kNow)
                  .has_value());
}

TEST_F(ApiKeyTest, LeavesNothingOfTheSecretInTheDatabase) {
  const auto token = make("analyst", {"*"});
  pqxx::connection admin(database_.admin_connection_string());
  pqxx::nontransaction session(admin);
  const auto rows = session.exec("SELECT k::text AS t FROM backtrail.api_key AS k");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["t"].as<std::string>().find(token.substr(16)), std::string::npos);
  EXPECT_EQ(session.exec("SELECT octet_length(secret_sha256) FROM backtrail.api_key")[0][0].as<int>(), 32);
}

TEST_F(ApiKeyTest, IsOutOfReachForTheApiRole) {
  make("analyst", {"*"});
  for (const char* sql :
       {"SELECT * FROM api_key", "UPDATE api_key SET role = 'administrator'", "DELETE FROM api_key"}) {
    pqxx::connection connection(database_.connection_string("backtrail_api"));
    pqxx::nontransaction session(connection);
    EXPECT_THROW(session.exec(sql), pqxx::sql_error) << sql;
  }
}

}  // namespace
}  // namespace backtrail::schema
