#include "deploy/commands/maintenance.hpp"

#include <chrono>
#include <spdlog/spdlog.h>

#include "schema/core/time.hpp"
#include "schema/retention/retention.hpp"

namespace backtrail::commands {
namespace {

constexpr std::chrono::hours kEvery(1);
constexpr std::chrono::minutes kAfterFailure(1);

}  // namespace

Maintenance::Maintenance(schema::Database& maintenance) : database_(maintenance), thread_([this] { loop(); }) {}

Maintenance::~Maintenance() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Maintenance::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    std::chrono::steady_clock::duration pause = kEvery;
    const auto done = schema::run_retention(database_, schema::now_us());
    if (!done) {
      spdlog::warn("retention did not run, it is tried again in a minute: {}", done.error().detail);
      pause = kAfterFailure;
    } else if (done->partitions_dropped + done->events_deleted + done->findings_deleted > 0) {
      spdlog::info("retention dropped {} partitions, {} events, {} findings", done->partitions_dropped,
                   done->events_deleted, done->findings_deleted);
    }
    lock.lock();
    wake_.wait_for(lock, pause, [this] { return stopping_; });
  }
}

}  // namespace backtrail::commands
