// What was read of sealed parts lately, opened: blocks and figures. A question about somebody is followed by the next
// page, the volume and the summary of the same; the figures of the organisation are asked for by every start page.
//
// Keys are digests: BLAKE2b of all that a part consists of. So nothing in here can be out of date or of somebody else,
// whatever is sealed, unsealed or merged: who may see a part, and whether it is there, says event_part in the snapshot
// of whoever asks, and only then its digest is looked up here. Memory is bounded; what does not fit takes the place of
// something, chosen at random: of more figures than fit, which are asked for in one order again and again, a part
// stays, where the least recently used would always be gone. What was damaged and could be decoded all the same is kept
// like anything else, until the program ends; `backtrail verify` reads the database. Thread-safe.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/block_format/block_codec.hpp"
#include "schema/block_format/open_records.hpp"
#include "schema/block_format/rollup_view.hpp"

namespace backtrail::query {

using PartDigest = std::array<std::uint8_t, 32>;

struct PieceKey {
  PartDigest digest{};
  std::uint32_t block = 0;
  bool operator==(const PieceKey&) const = default;
};

template <class T>
class PieceCache {
 public:
  explicit PieceCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Nothing: it is not here.
  std::shared_ptr<const T> find(const PieceKey& key) const {
    const std::lock_guard lock(mutex_);
    const auto known = index_.find(key);
    return known == index_.end() ? nullptr : items_[known->second].piece;
  }
  // A piece that would take more than a sixteenth of the room is not kept.
  void put(const PieceKey& key, std::shared_ptr<const T> piece, std::size_t bytes) {
    constexpr std::size_t kLeastPieces = 16;
    if (bytes > bytes_max_ / kLeastPieces) return;
    const std::lock_guard lock(mutex_);
    if (index_.contains(key)) return;
    while (bytes_ + bytes > bytes_max_) remove_one();
    index_.emplace(key, items_.size());
    items_.push_back({key, std::move(piece), bytes});
    bytes_ += bytes;
  }
  std::size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  struct Item {
    PieceKey key;
    std::shared_ptr<const T> piece;
    std::size_t bytes;
  };
  struct Hash {
    std::size_t operator()(const PieceKey& key) const {
      std::uint64_t first = 0;
      std::memcpy(&first, key.digest.data(), sizeof first);
      return static_cast<std::size_t>(first + key.block * 0x9E37'79B9'7F4A'7C15U);
    }
  };

  void remove_one() {
    chance_ = chance_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    const std::size_t place = static_cast<std::size_t>(chance_ >> 32) % items_.size();
    bytes_ -= items_[place].bytes;
    index_.erase(items_[place].key);
    if (place + 1 != items_.size()) {
      items_[place] = std::move(items_.back());
      index_[items_[place].key] = place;
    }
    items_.pop_back();
  }

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::unordered_map<PieceKey, std::size_t, Hash> index_;
  std::vector<Item> items_;
  std::size_t bytes_ = 0;
  std::uint64_t chance_ = 1;
};

struct OpenBlock {
  schema::BlockColumns columns;
  schema::OpenRecords records;
};
// Texts of the view stand in `bytes`, or in the view: it stays where it is.
struct OpenFigures {
  std::string bytes;
  schema::RollupView view;
  OpenFigures() = default;
  OpenFigures(const OpenFigures&) = delete;
  OpenFigures& operator=(const OpenFigures&) = delete;
};

// What they take, about.
std::size_t bytes_of(const OpenBlock& block);
std::size_t bytes_of(const OpenFigures& figures);

// Of the process. Some hundred blocks, and the figures of ten thousand parts or more.
inline constexpr std::size_t kBlockCacheBytes = 48U * 1024 * 1024;
inline constexpr std::size_t kFigureCacheBytes = 48U * 1024 * 1024;
PieceCache<OpenBlock>& block_cache();
PieceCache<OpenFigures>& figure_cache();

}  // namespace backtrail::query
