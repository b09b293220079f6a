// Hashes of the warehouse: keyed 64-bit entity hashes, keyed 128-bit content fingerprints, SHA-256 of evidence.
//
// The key is made once per warehouse and kept in it (table warehouse_key): an attacker who chooses user agents or
// bucket names cannot compute collisions without it. SipHash-2-4 from libsodium. Values only: thread-safe.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace backtrail::schema {

// 16 bytes: CloudTrail event ids, finding uids, content fingerprints; `uuid` in SQL.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;
};

// 36 characters, lower case.
std::string to_string(const Uuid& id);
// Reads the 36-character form (either case); false when it is not one.
bool parse_uuid(std::string_view text, Uuid& out);

struct HashKey {
  std::array<std::uint8_t, 16> bytes{};
};

// The entity's 64-bit hash; the kind is part of it, so an access key and an IP of one text differ. Never 0.
std::int64_t hash64(const HashKey& key, std::uint8_t kind, std::string_view text);
// Keyed 128-bit fingerprint of bytes.
Uuid fingerprint128(const HashKey& key, std::string_view bytes);

std::array<std::uint8_t, 32> sha256(std::string_view bytes);
std::string hex(const std::uint8_t* bytes, std::size_t size);
// The first 128 bits of SHA-256: a stable id that is the same in every warehouse.
Uuid sha256_uuid(std::string_view bytes);

// 16 random bytes from the operating system.
HashKey random_hash_key();

}  // namespace backtrail::schema

template <>
struct std::hash<backtrail::schema::Uuid> {
  std::size_t operator()(const backtrail::schema::Uuid& id) const noexcept {
    std::size_t value;
    static_assert(sizeof value <= sizeof id.bytes);
    __builtin_memcpy(&value, id.bytes.data(), sizeof value);
    return value;
  }
};
