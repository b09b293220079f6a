// Which entity names and accounts this process has handed over already: each is written once. Forgotten when a batch
// failed, because its names were not written then; whoever sends the batch again tells them again.
//
// One for all parser threads: what one has noted, the others need not write. Thread-safe.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

#include "schema/model/entity.hpp"

namespace backtrail::ingest {

class KnownNames {
 public:
  // True when it was not known.
  bool add(std::string_view account_id, schema::EntityKind kind, std::int64_t hash, std::string_view name);
  bool add_account(const std::string& account_id);
  void forget();
  // Forgets when there were failures since the last call.
  void forget_after(std::uint64_t failures);

 private:
  // Parsers seldom wait for each other.
  static constexpr std::size_t kShards = 16;
  struct Shard {
    std::mutex mutex;
    std::unordered_set<std::uint64_t> names;
  };
  std::array<Shard, kShards> shards_;
  std::mutex accounts_mutex_;
  std::unordered_set<std::string> accounts_;
  std::atomic<std::uint64_t> failures_{0};
};

}  // namespace backtrail::ingest
