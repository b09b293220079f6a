// Entities: whatever a finding or an API event is about, with a key that is unique across accounts.
//
// Keys per kind (one rule for ingest, query, REST and page):
//   account        12 digits
//   principal      the unique id: AIDA… (user), AROA… (role), "<account>:root", "service:<host>", else an ARN
//   role_session   "AROA…:session-name"
//   access_key     AKIA… or ASIA…
//   instance       i-…
//   ip_address     the text of the event ("AWS Internal" and service hosts are not IP addresses and are no entities)
//   user_agent     the text, cut at kEntityKeyMaxBytes
//   resource       the ARN, or the bare id or name where the event gives no ARN (buckets: arn:aws:s3:::NAME)
// The 64-bit hash is keyed by the warehouse (schema/core/hash.hpp). Values only: thread-safe.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/core/hash.hpp"

namespace backtrail::schema {

// Numbers are stored: never renumber.
enum class EntityKind : std::uint8_t {
  kAccount = 1,
  kPrincipal = 2,
  kRoleSession = 3,
  kAccessKey = 4,
  kInstance = 5,
  kIpAddress = 6,
  kUserAgent = 7,
  kResource = 8
};

inline constexpr std::array kEntityKinds{EntityKind::kAccount,   EntityKind::kPrincipal, EntityKind::kRoleSession,
                                         EntityKind::kAccessKey, EntityKind::kInstance,  EntityKind::kIpAddress,
                                         EntityKind::kUserAgent, EntityKind::kResource};

// B-tree entries end at 2,704 bytes; keys are cut far below that, at a UTF-8 boundary, before hashing and storing.
inline constexpr std::size_t kEntityKeyMaxBytes = 512;

constexpr std::string_view name_of(EntityKind kind) {
  switch (kind) {
    case EntityKind::kAccount:
      return "account";
    case EntityKind::kPrincipal:
      return "principal";
    case EntityKind::kRoleSession:
      return "role_session";
    case EntityKind::kAccessKey:
      return "access_key";
    case EntityKind::kInstance:
      return "instance";
    case EntityKind::kIpAddress:
      return "ip_address";
    case EntityKind::kUserAgent:
      return "user_agent";
    case EntityKind::kResource:
      return "resource";
  }
  return "";
}

constexpr std::optional<EntityKind> entity_kind_from(std::string_view name) {
  for (const EntityKind kind : kEntityKinds)
    if (name_of(kind) == name) return kind;
  return std::nullopt;
}

struct Entity {
  EntityKind kind = EntityKind::kResource;
  std::string key;
  std::string name;  // what people call it ("alice", "web-role"); empty when nothing better than the key is known
  bool operator==(const Entity&) const = default;
};

// Cuts at kEntityKeyMaxBytes, never inside a UTF-8 sequence.
std::string_view cut_entity_key(std::string_view key);

inline std::int64_t entity_hash(const HashKey& key, EntityKind kind, std::string_view entity_key) {
  return hash64(key, static_cast<std::uint8_t>(kind), cut_entity_key(entity_key));
}

// How an event or finding names an entity.
enum class Direction : std::uint8_t { kBy = 1, kOn = 2 };                                      // stored: never renumber
enum class FindingRole : std::uint8_t { kActor = 1, kTarget = 2, kRemote = 3, kRelated = 4 };  // stored

constexpr std::string_view name_of(Direction direction) {
  return direction == Direction::kBy ? "by" : "on";
}
constexpr std::string_view name_of(FindingRole role) {
  switch (role) {
    case FindingRole::kActor:
      return "actor";
    case FindingRole::kTarget:
      return "target";
    case FindingRole::kRemote:
      return "remote";
    case FindingRole::kRelated:
      return "related";
  }
  return "";
}

// Exactly 12 ASCII digits.
constexpr bool is_account_id(std::string_view text) {
  if (text.size() != 12) return false;
  for (const char c : text)
    if (c < '0' || c > '9') return false;
  return true;
}
// "i-" and 8 to 17 lower-case hexadecimal digits.
bool is_instance_id(std::string_view text);
// Four capitals AKIA or ASIA and at least 12 capitals or digits.
bool is_access_key_id(std::string_view text);
// IPv4 or IPv6 text without zone or prefix.
bool is_ip_address(std::string_view text);

}  // namespace backtrail::schema
