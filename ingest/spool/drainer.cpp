#include "ingest/spool/drainer.hpp"

#include <algorithm>
#include <bit>
#include <boost/core/demangle.hpp>
#include <chrono>
#include <fmt/format.h>
#include <future>
#include <spdlog/spdlog.h>

#include "ingest/spool/delivery_codec.hpp"
#include "schema/core/time.hpp"

namespace backtrail::ingest::spool {

Drainer::Drainer(Spool& spool, const DbHealth& health, Submit submit, DrainerOptions options)
    : spool_(spool), health_(health), submit_(std::move(submit)), options_(options), thread_([this] { loop(); }) {}

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
    auto pause = options_.look_every;
    if (!health_.down()) {
      if (const auto segment = spool_.oldest()) pause = attempt(*segment);
    }
    lock.lock();
    changed_.wait_for(lock, pause, [this] { return stopping_; });
  }
}

// How long to rest afterwards.
std::chrono::milliseconds Drainer::attempt(std::uint64_t segment) {
  Pass pass = Pass::kFailed;
  try {
    pass = drain(segment);
  } catch (const std::exception& error) {
    wait_for_all();
    spdlog::error("spool: draining segment {} failed: {}", segment, boost::core::demangle(typeid(error).name()));
  }
  if (pass == Pass::kDone) return std::chrono::milliseconds(0);
  if (pass == Pass::kInterrupted) return options_.after_failure;
  const unsigned failures = spool_.postpone(segment);
  if (std::has_single_bit(failures))
    spdlog::warn("spool: segment {} could not be drained ({} times); the others come first", segment, failures);
  const auto status = spool_.status();
  if (status.segments > status.postponed_segments) return options_.look_every;
  return std::min(options_.after_failure * failures, options_.after_failure_max);
}

bool Drainer::interrupted() const {
  const std::lock_guard lock(mutex_);
  return stopping_ || lost_database_ || health_.down();
}

Drainer::Pass Drainer::drain(std::uint64_t segment) {
  const auto loaded = spool_.load(segment);
  if (!loaded) {
    spdlog::error("{}", loaded.error().detail);
    return Pass::kFailed;
  }
  Progress& progress = progress_[segment];
  {
    const std::lock_guard lock(mutex_);
    progress.failed.clear();
    stored_in_pass_ = 0;
    lost_database_ = false;
  }
  auto contents = read_segment(loaded->file, loaded->key, loaded->unreadable);
  std::vector<std::size_t> tried;
  for (const std::string_view payload : contents.payloads) {
    const auto offset = static_cast<std::size_t>(payload.data() - loaded->file.data());
    if (is_stored(progress, offset)) continue;
    auto delivery = decode_delivery(payload);
    if (!delivery) {  // sound bytes that this program cannot read: kept for one that can
      contents.damaged.push_back({offset, payload.size()});
      continue;
    }
    if (interrupted()) break;
    tried.push_back(offset);
    if (progress.trouble.contains(offset))
      retry_alone(segment, offset, payload, std::move(*delivery));
    else
      submit(progress, offset, std::move(*delivery));
  }
  wait_for_all();
  if (interrupted()) return Pass::kInterrupted;
  if (std::all_of(tried.begin(), tried.end(), [&](std::size_t offset) { return is_stored(progress, offset); }))
    return finish(segment, *loaded, contents.damaged);
  // A database that stores nothing at all is nobody's fault here.
  if (stored_in_pass_ == 0 && !database_stores()) return Pass::kInterrupted;
  blame(segment, progress);
  return Pass::kFailed;
}

Drainer::Pass Drainer::finish(std::uint64_t segment, const Spool::Loaded& loaded, const std::vector<Span>& damaged) {
  if (!damaged.empty())
    spdlog::error("spool: {} damaged spans in segment {} are kept in 'damaged'", damaged.size(), segment);
  if (!loaded.unreadable.empty())
    spdlog::error("spool: the disk does not give back all of segment {}: it is kept whole in 'damaged'", segment);
  if (const auto removed = spool_.drained(segment, loaded, damaged); !removed) {
    spdlog::error("{}", removed.error().detail);
    return Pass::kFailed;
  }
  progress_.erase(segment);
  return Pass::kDone;
}

void Drainer::retry_alone(std::uint64_t segment, std::size_t offset, std::string_view payload, Delivery delivery) {
  Progress& progress = progress_.at(segment);
  const Trouble& trouble = progress.trouble.at(offset);
  wait_for_all();
  if (trouble.stage != Trouble::Stage::kSetAside) {
    if (trouble.stage == Trouble::Stage::kQuarantine) delivery.unstorable = trouble.why;
    submit(progress, offset, std::move(delivery));
    return wait_for_all();
  }
  const auto kept = spool_.set_aside(segment, offset, payload);
  const std::lock_guard lock(mutex_);
  if (!kept) {
    progress.failed[offset] = kept.error().detail;
    return spdlog::error("{}", kept.error().detail);
  }
  spdlog::error("spool: delivery {} can be neither stored nor quarantined: it is kept as a file in 'damaged'",
                to_string(delivery.id));
  progress.stored.insert(offset);
  ++gave_up_;
}

// What failed alone so often goes the next way.
void Drainer::blame(std::uint64_t segment, Progress& progress) {
  const std::lock_guard lock(mutex_);
  for (const auto& [offset, why] : progress.failed) {
    Trouble& trouble = progress.trouble[offset];
    if (trouble.stage == Trouble::Stage::kStore)
      trouble.why = fmt::format("stored {} times in vain, at last: {}", kTriesMax, why.substr(0, why.find('\n')));
    if (trouble.stage == Trouble::Stage::kSetAside || ++trouble.tries < kTriesMax) continue;
    trouble.tries = 0;
    trouble.stage = trouble.stage == Trouble::Stage::kStore ? Trouble::Stage::kQuarantine : Trouble::Stage::kSetAside;
    spdlog::error("spool: a delivery at {} of segment {} failed {} times and goes {}", offset, segment, kTriesMax,
                  trouble.stage == Trouble::Stage::kQuarantine ? "to quarantine whole" : "to a file in 'damaged'");
  }
}

// Asked with a delivery without records, which takes the same way.
bool Drainer::database_stores() {
  Delivery canary;
  canary.id.bytes = schema::random_hash_key().bytes;
  canary.door = kCanaryDoor;
  canary.body = "[]";
  canary.received_us = schema::now_us();
  std::promise<bool> stored;
  submit_(std::move(canary), [&stored](const Receipt& receipt) { stored.set_value(!receipt.error); });
  return stored.get_future().get();
}

bool Drainer::is_stored(const Progress& progress, std::size_t offset) const {
  const std::lock_guard lock(mutex_);
  return progress.stored.contains(offset);
}

void Drainer::submit(Progress& progress, std::size_t offset, Delivery delivery) {
  const std::size_t bytes = delivery.body.size();
  const bool given_up = !delivery.unstorable.empty();
  wait_for_room(bytes);
  submit_(std::move(delivery), [this, &progress, offset, bytes, given_up](const Receipt& receipt) {
    const std::lock_guard lock(mutex_);
    --under_way_;
    bytes_under_way_ -= bytes;
    if (!receipt.error) {
      progress.stored.insert(offset);
      ++stored_in_pass_;
      ++drained_;
      if (given_up) ++gave_up_;
    } else if (receipt.error->code == schema::Code::kDatabaseDown) {
      lost_database_ = true;
    } else {
      progress.failed[offset] = receipt.error->detail;
    }
    changed_.notify_all();
  });
}

void Drainer::wait_for_room(std::size_t bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return under_way_ == 0 ||
           (under_way_ < options_.under_way_max && bytes_under_way_ + bytes <= options_.bytes_under_way_max);
  });
  ++under_way_;
  bytes_under_way_ += bytes;
}

void Drainer::wait_for_all() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return under_way_ == 0; });
}

}  // namespace backtrail::ingest::spool
