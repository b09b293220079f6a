#include "schema/core/hash.hpp"

#include <algorithm>
#include <cstring>
#include <sodium.h>

namespace backtrail::schema {

static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_siphashx24_BYTES == 16);

std::string hex(const std::uint8_t* bytes, std::size_t size) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text(size * 2, '0');
  for (std::size_t i = 0; i < size; ++i) {
    text[2 * i] = kDigits[bytes[i] >> 4];
    text[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return text;
}

std::string to_string(const Uuid& id) {
  std::string text = hex(id.bytes.data(), id.bytes.size());
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

bool parse_uuid(std::string_view text, Uuid& out) {
  if (text.size() != 36) return false;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return false;
      continue;
    }
    unsigned value = 0;
    if (c >= '0' && c <= '9')
      value = static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'f')
      value = static_cast<unsigned>(c - 'a') + 10;
    else if (c >= 'A' && c <= 'F')
      value = static_cast<unsigned>(c - 'A') + 10;
    else
      return false;
    auto& byte = out.bytes[nibble / 2];
    byte = static_cast<std::uint8_t>(nibble % 2 == 0 ? value << 4 : byte | value);
    ++nibble;
  }
  return true;
}

std::int64_t hash64(const HashKey& key, std::uint8_t kind, std::string_view text) {
  // The kind is mixed into the key instead of the text: no copy, and no text can imitate another kind.
  HashKey kinded = key;
  kinded.bytes[15] = static_cast<std::uint8_t>(kinded.bytes[15] ^ kind);
  std::int64_t value = 0;
  crypto_shorthash(reinterpret_cast<unsigned char*>(&value), reinterpret_cast<const unsigned char*>(text.data()),
                   text.size(), kinded.bytes.data());
  return value == 0 ? 1 : value;
}

Uuid fingerprint128(const HashKey& key, std::string_view bytes) {
  Uuid out;
  crypto_shorthash_siphashx24(out.bytes.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                              key.bytes.data());
  return out;
}

std::array<std::uint8_t, 32> sha256(std::string_view bytes) {
  std::array<std::uint8_t, 32> out{};
  crypto_hash_sha256(out.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return out;
}

Uuid sha256_uuid(std::string_view bytes) {
  const auto digest = sha256(bytes);
  Uuid out;
  std::copy_n(digest.begin(), out.bytes.size(), out.bytes.begin());
  return out;
}

HashKey random_hash_key() {
  HashKey key;
  randombytes_buf(key.bytes.data(), key.bytes.size());
  return key;
}

}  // namespace backtrail::schema
