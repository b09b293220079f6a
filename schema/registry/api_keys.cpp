#include "schema/registry/api_keys.hpp"

#include <algorithm>
#include <array>
#include <backtrail_schema_sql.hpp>
#include <boost/describe.hpp>
#include <fmt/format.h>
#include <sodium.h>

#include "schema/core/hash.hpp"
#include "schema/core/time.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::schema {
namespace {

// Without i, l, o and u: read aloud and typed without mistakes. 32 letters, so that every letter is equally likely.
constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
static_assert(kAlphabet.size() == 32);
static_assert(kKeySecretChars * 5 >= kKeySecretBytes * 8);

struct StoredKey {
  std::string key_id, name, role;
  std::string accounts;  // joined by commas
  Bytes secret_sha256;
};
struct KeyScope {
  std::string key_id, name, role;
  std::string accounts;  // joined by commas
};
BOOST_DESCRIBE_STRUCT(KeyScope, (), (key_id, name, role, accounts))
BOOST_DESCRIBE_STRUCT(StoredKey, (), (key_id, name, role, accounts, secret_sha256))

struct ListedKey {
  std::string key_id, name, role, accounts;
  TimeUs created_at;
  std::optional<TimeUs> expires_at, revoked_at;
};
BOOST_DESCRIBE_STRUCT(ListedKey, (), (key_id, name, role, accounts, created_at, expires_at, revoked_at))

// Five bits a letter, the last one padded with zero bits.
std::string base32(const unsigned char* bytes, std::size_t size) {
  std::string text;
  unsigned held = 0;
  int bits = 0;
  for (std::size_t i = 0; i < size; ++i) {
    held = held << 8 | bytes[i];
    bits += 8;
    for (; bits >= 5; bits -= 5) text += kAlphabet[held >> (bits - 5) & 31];
    held &= (1U << bits) - 1;
  }
  if (bits > 0) text += kAlphabet[held << (5 - bits) & 31];
  return text;
}

std::string random_text(std::size_t chars) {
  std::vector<unsigned char> bytes((chars * 5 + 7) / 8);
  randombytes_buf(bytes.data(), bytes.size());
  return base32(bytes.data(), bytes.size()).substr(0, chars);
}

bool is_base32(std::string_view text, std::size_t chars) {
  return text.size() == chars &&
         std::all_of(text.begin(), text.end(), [](char c) { return kAlphabet.find(c) != std::string_view::npos; });
}

std::vector<std::string> split(const std::string& joined) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (from <= joined.size()) {
    const auto comma = std::min(joined.find(',', from), joined.size());
    parts.push_back(joined.substr(from, comma - from));
    from = comma + 1;
  }
  return parts;
}

Result<void> check_new_key(std::string_view name, std::string_view role, const std::vector<std::string>& accounts,
                           std::optional<std::int64_t> expires_us, std::int64_t now_us) {
  if (name.empty() || name.size() > kKeyNameMaxBytes)
    return fail(Code::kBadParameter, fmt::format("name: give 1 to {} bytes", kKeyNameMaxBytes));
  if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
    return fail(Code::kBadParameter, "name: it holds a control character");
  if (role != "administrator" && role != "analyst" && role != "ingest")
    return fail(Code::kBadParameter, "role: use administrator, analyst or ingest");
  if (accounts.empty() || accounts.size() > kKeyAccountsMax)
    return fail(Code::kBadParameter, fmt::format("accounts: give '*' or 1 to {} account ids", kKeyAccountsMax));
  if (const auto scope = AccountScope::from_list(accounts); !scope)
    return fail(Code::kBadParameter, fmt::format("accounts: give '*' alone or account ids; {}", scope.error().detail));
  if (expires_us && *expires_us <= now_us) return fail(Code::kBadParameter, "expires: it is not in the future");
  return {};
}

struct Token {
  std::string key_id;
  std::string_view secret;
};

std::optional<Token> parse_token(std::string_view token) {
  if (!token.starts_with(kTokenPrefix)) return std::nullopt;
  token.remove_prefix(kTokenPrefix.size());
  const auto underscore = token.find('_');
  if (underscore == std::string_view::npos) return std::nullopt;
  const Token parts{std::string(token.substr(0, underscore)), token.substr(underscore + 1)};
  if (!is_base32(parts.key_id, kKeyIdChars) || !is_base32(parts.secret, kKeySecretChars)) return std::nullopt;
  return parts;
}

}  // namespace

Result<NewApiKey> create_api_key(Database& maintenance, std::string_view name, std::string_view role,
                                 const std::vector<std::string>& accounts, std::optional<std::int64_t> expires_us,
                                 std::int64_t now_us) {
  if (const auto ok = check_new_key(name, role, accounts, expires_us, now_us); !ok) return ok.error();
  std::array<unsigned char, kKeySecretBytes> random{};
  randombytes_buf(random.data(), random.size());
  const std::string secret = base32(random.data(), random.size());
  const auto digest = sha256(secret);
  const std::string key_id = random_text(kKeyIdChars);
  std::optional<std::string> expires_at;
  if (expires_us) expires_at = format_rfc3339(*expires_us);
  const auto done = maintenance.write(AccountScope::all(), [&](Transaction& tx) -> Result<void> {
    tx.exec(sql::api_key_insert, key_id, Binary(digest.data(), digest.size()), std::string(name), std::string(role),
            array_literal(accounts), format_rfc3339(now_us), expires_at);
    return {};
  });
  if (!done) return done.error();
  return NewApiKey{key_id, std::string(kTokenPrefix) + key_id + "_" + secret};
}

Result<std::vector<ApiKeyInfo>> list_api_keys(Database& maintenance) {
  return maintenance.read(AccountScope::all(), [&](Transaction& tx) -> Result<std::vector<ApiKeyInfo>> {
    std::vector<ApiKeyInfo> keys;
    for (auto& row : rows_as<ListedKey>(tx.exec(sql::api_key_list))) {
      ApiKeyInfo key{std::move(row.key_id),
                     std::move(row.name),
                     std::move(row.role),
                     split(row.accounts),
                     row.created_at.us,
                     {},
                     {}};
      if (row.expires_at) key.expires_us = row.expires_at->us;
      if (row.revoked_at) key.revoked_us = row.revoked_at->us;
      keys.push_back(std::move(key));
    }
    return keys;
  });
}

Result<void> revoke_api_key(Database& maintenance, std::string_view key_id, std::int64_t now_us) {
  return maintenance.write(AccountScope::all(), [&](Transaction& tx) -> Result<void> {
    if (is_base32(key_id, kKeyIdChars) &&
        !tx.exec(sql::api_key_revoke, std::string(key_id), format_rfc3339(now_us)).empty())
      return {};
    return fail(Code::kNotFound, "there is no key with that id; 'backtrail key list' shows the keys");
  });
}

Result<std::optional<VerifiedKey>> verify_api_key(Database& api, std::string_view token, std::int64_t now_us) {
  using Answer = std::optional<VerifiedKey>;
  const auto parts = parse_token(token);
  if (!parts) return Answer{};
  const auto digest = sha256(parts->secret);
  return api.read(AccountScope::none(), [&](Transaction& tx) -> Result<Answer> {
    const auto found = rows_as<StoredKey>(tx.exec(sql::api_key_find, parts->key_id, format_rfc3339(now_us)));
    // An unknown id is compared with something too: the time an answer takes must not tell which ids exist.
    static const std::string kNobody(digest.size(), '\0');
    const std::string& expected = found.empty() ? kNobody : found.front().secret_sha256.bytes;
    const bool equal =
        expected.size() == digest.size() && sodium_memcmp(expected.data(), digest.data(), digest.size()) == 0;
    if (found.empty() || !equal) return Answer{};
    const auto& key = found.front();
    return Answer{VerifiedKey{key.key_id, key.name, key.role, split(key.accounts)}};
  });
}

Result<std::optional<VerifiedKey>> find_api_key(Database& api, std::string_view key_id, std::int64_t now_us) {
  using Answer = std::optional<VerifiedKey>;
  if (!is_base32(key_id, kKeyIdChars)) return Answer{};
  return api.read(AccountScope::none(), [&](Transaction& tx) -> Result<Answer> {
    const auto found = rows_as<KeyScope>(tx.exec(sql::api_key_scope, std::string(key_id), format_rfc3339(now_us)));
    if (found.empty()) return Answer{};
    const auto& key = found.front();
    return Answer{VerifiedKey{key.key_id, key.name, key.role, split(key.accounts)}};
  });
}

}  // namespace backtrail::schema
