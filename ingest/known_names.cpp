#include "ingest/known_names.hpp"

#include <functional>

namespace backtrail::ingest {
namespace {

constexpr std::size_t kNamesMax = 800'000;  // of all shards; 40 bytes each

}  // namespace

bool KnownNames::add(std::string_view account_id, schema::EntityKind kind, std::int64_t hash, std::string_view name) {
  const std::uint64_t mixed = std::hash<std::string_view>{}(account_id)*31 + std::hash<std::string_view>{}(name)*7 +
                              static_cast<std::uint64_t>(hash) * 3 + static_cast<std::uint64_t>(kind);
  Shard& shard = shards_.at(mixed % kShards);
  const std::lock_guard lock(shard.mutex);
  if (shard.names.size() >= kNamesMax / kShards) shard.names.clear();
  return shard.names.insert(mixed).second;
}

bool KnownNames::add_account(const std::string& account_id) {
  const std::lock_guard lock(accounts_mutex_);
  return accounts_.insert(account_id).second;
}

void KnownNames::forget() {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.names.clear();
  }
  const std::lock_guard lock(accounts_mutex_);
  accounts_.clear();
}

void KnownNames::forget_after(std::uint64_t failures) {
  if (failures_.exchange(failures) != failures) forget();
}

}  // namespace backtrail::ingest
