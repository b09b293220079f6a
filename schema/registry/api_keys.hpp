// Keys of people, programs and senders: made, listed, revoked, verified.
//
// A token is "bt_<key id>_<secret>": the id finds the key, the secret (256 random bits) proves it. Only the secret's
// SHA-256 is stored; with that much randomness a slow password hash would add nothing. Comparison takes constant time,
// also for ids that do not exist. The token is shown once, when it is made. Functions are thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/core/error.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::schema {

inline constexpr std::string_view kTokenPrefix = "bt_";
inline constexpr std::size_t kKeyIdChars = 12;
inline constexpr std::size_t kKeySecretBytes = 32;
inline constexpr std::size_t kKeySecretChars = 52;  // base32
inline constexpr std::size_t kKeyNameMaxBytes = 200;
inline constexpr std::size_t kKeyAccountsMax = 5000;

struct NewApiKey {
  std::string key_id;
  std::string token;  // not stored anywhere
};

struct ApiKeyInfo {
  std::string key_id, name, role;
  std::vector<std::string> accounts;  // {"*"}: all
  std::int64_t created_us = 0;
  std::optional<std::int64_t> expires_us, revoked_us;
};

struct VerifiedKey {
  std::string key_id, name, role;
  std::vector<std::string> accounts;
};

// `role` is administrator, analyst or ingest; `accounts` is {"*"} or account ids. kBadParameter for anything else, an
// empty or too long name, control characters in it, or an expiry that is not in the future. `maintenance` connects as
// that role.
Result<NewApiKey> create_api_key(Database& maintenance, std::string_view name, std::string_view role,
                                 const std::vector<std::string>& accounts, std::optional<std::int64_t> expires_us,
                                 std::int64_t now_us);
// The newest first, revoked and expired ones included.
Result<std::vector<ApiKeyInfo>> list_api_keys(Database& maintenance);
// kNotFound when there is no such key; a key that is revoked already stays as it is.
Result<void> revoke_api_key(Database& maintenance, std::string_view key_id, std::int64_t now_us);

// Empty for a token that is malformed, unknown, wrong, expired or revoked: the caller cannot tell which. `api` connects
// as the api role, which can look up one key by its id and nothing else.
Result<std::optional<VerifiedKey>> verify_api_key(Database& api, std::string_view token, std::int64_t now_us);

// What a valid key may do, for a sender that proved itself without the key's secret. Empty: unknown, expired, revoked.
Result<std::optional<VerifiedKey>> find_api_key(Database& api, std::string_view key_id, std::int64_t now_us);

}  // namespace backtrail::schema
