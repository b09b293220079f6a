// A queue for a few worker threads in which small items never wait behind large ones.
//
// Why: a 64 MiB upload keeps a parser busy for a second and a writer for longer; with every worker on one of those, the
// EventBridge event that comes next would miss its sender's deadline. Of n workers at most n - 1 are with large items
// at a time (a single worker takes what came first). Neither lane starves: what came first goes first among those that
// a free worker may take. Not thread-safe: the owner's mutex guards it.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace backtrail::ingest {

enum class Lane : std::uint8_t { kSmall, kLarge };

inline constexpr Lane lane_of(std::size_t bytes, std::size_t small_bytes_max) {
  return bytes > small_bytes_max ? Lane::kLarge : Lane::kSmall;
}

template <class Item>
class Lanes {
 public:
  explicit Lanes(unsigned workers) : large_workers_max_(std::max(1U, workers > 0 ? workers - 1 : 0)) {}

  void push(Lane lane, Item item) { queue(lane).emplace_back(next_++, std::move(item)); }
  bool empty() const { return small_.empty() && large_.empty(); }
  // Where a free worker takes its next item from; nothing: there is none that it may take.
  std::optional<Lane> ready() const {
    const bool large = !large_.empty() && large_workers_ < large_workers_max_;
    if (small_.empty()) return large ? std::optional(Lane::kLarge) : std::nullopt;
    return large && large_.front().first < small_.front().first ? Lane::kLarge : Lane::kSmall;
  }
  // Of a lane that has one; null otherwise.
  Item* front(Lane lane) { return queue(lane).empty() ? nullptr : &queue(lane).front().second; }
  Item take(Lane lane) {
    Item item = std::move(queue(lane).front().second);
    queue(lane).pop_front();
    return item;
  }
  // A worker is with what it took from this lane, and is through with it.
  void begin(Lane lane) { large_workers_ += lane == Lane::kLarge ? 1U : 0U; }
  void end(Lane lane) { large_workers_ -= lane == Lane::kLarge ? 1U : 0U; }

 private:
  using Queue = std::deque<std::pair<std::uint64_t, Item>>;
  Queue& queue(Lane lane) { return lane == Lane::kLarge ? large_ : small_; }

  Queue small_, large_;
  std::uint64_t next_ = 0;
  const unsigned large_workers_max_;
  unsigned large_workers_ = 0;
};

}  // namespace backtrail::ingest
