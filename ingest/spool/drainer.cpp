#include "ingest/spool/drainer.hpp"

#include <algorithm>
#include <chrono>
#include <spdlog/spdlog.h>

#include "ingest/spool/delivery_codec.hpp"

namespace backtrail::ingest::spool {
namespace {

constexpr std::chrono::milliseconds kLookEvery{100}, kAfterFailure{500};
constexpr std::size_t kUnderWayMax = 128, kBytesUnderWayMax = 16U * 1024 * 1024;

}  // namespace

Drainer::Drainer(Spool& spool, const DbHealth& health, Submit submit)
    : spool_(spool), health_(health), submit_(std::move(submit)), thread_([this] { loop(); }) {}

void Drainer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Drainer::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    std::chrono::milliseconds pause = kLookEvery;
    if (!health_.down()) {
      if (const auto segment = spool_.oldest(); segment && !drain(*segment)) pause = kAfterFailure;
    }
    lock.lock();
    changed_.wait_for(lock, pause, [this] { return stopping_; });
  }
}

bool Drainer::drain(std::uint64_t segment) {
  const auto loaded = spool_.load(segment);
  if (!loaded) {
    spdlog::error("{}", loaded.error().detail);
    return false;
  }
  if (segment != segment_) {
    const std::lock_guard lock(mutex_);
    stored_.clear();
  }
  segment_ = segment;
  auto contents = read_segment(loaded->file, loaded->key);
  std::vector<std::size_t> submitted;
  bool all_submitted = true;
  for (const std::string_view payload : contents.payloads) {
    const auto offset = static_cast<std::size_t>(payload.data() - loaded->file.data());
    if (is_stored(offset)) continue;
    auto delivery = decode_delivery(payload);
    if (!delivery) {  // sound bytes that this program cannot read: kept for one that can
      contents.damaged.push_back({offset, payload.size()});
      continue;
    }
    {
      const std::lock_guard lock(mutex_);
      all_submitted = !stopping_ && !health_.down();
    }
    if (!all_submitted) break;
    submit(offset, std::move(*delivery));
    submitted.push_back(offset);
  }
  wait_for_all();
  const auto stored = [this](std::size_t offset) { return is_stored(offset); };
  if (!all_submitted || !std::all_of(submitted.begin(), submitted.end(), stored)) return false;
  if (!contents.damaged.empty())
    spdlog::error("spool: {} damaged spans in segment {} are kept in 'damaged'", contents.damaged.size(), segment);
  const auto removed = spool_.drained(segment, loaded->file, contents.damaged);
  if (!removed) spdlog::error("{}", removed.error().detail);
  return removed.has_value();
}

bool Drainer::is_stored(std::size_t offset) {
  const std::lock_guard lock(mutex_);
  return stored_.contains(offset);
}

void Drainer::submit(std::size_t offset, Delivery delivery) {
  const std::size_t bytes = delivery.body.size();
  wait_for_room(bytes);
  submit_(std::move(delivery), [this, offset, bytes](const Receipt& receipt) {
    const std::lock_guard lock(mutex_);
    --under_way_;
    bytes_under_way_ -= bytes;
    if (!receipt.error) {
      stored_.insert(offset);
      ++drained_;
    }
    changed_.notify_all();
  });
}

void Drainer::wait_for_room(std::size_t bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return under_way_ == 0 || (under_way_ < kUnderWayMax && bytes_under_way_ + bytes <= kBytesUnderWayMax);
  });
  ++under_way_;
  bytes_under_way_ += bytes;
}

void Drainer::wait_for_all() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return under_way_ == 0; });
}

}  // namespace backtrail::ingest::spool
