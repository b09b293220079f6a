#include "ingest/load/db_health.hpp"

#include <backtrail_ingest_sql.hpp>
#include <spdlog/spdlog.h>

#include "schema/core/time.hpp"

namespace backtrail::ingest {
using schema::monotonic_ms;

DbHealth::DbHealth(schema::Database& probe) : database_(probe), thread_([this] { loop(); }) {}

DbHealth::~DbHealth() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool DbHealth::down() const {
  const std::int64_t asked = asked_ms_;
  return down_ || (asked != 0 && monotonic_ms() - asked > kAnswerWithin.count());
}

void DbHealth::report_down() {
  if (!down_.exchange(true)) spdlog::warn("the database is away; deliveries go to the spool");
}

bool DbHealth::wait_until_up(std::chrono::milliseconds patience) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [this] { return stopping_ || !down(); }) && !down();
}

void DbHealth::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    asked_ms_ = monotonic_ms();
    const auto answer =
        database_.read(schema::AccountScope::none(), [](schema::Transaction& tx) -> schema::Result<int> {
          tx.exec(sql::ping);
          return 0;
        });
    asked_ms_ = 0;
    if (!answer)
      report_down();
    else if (down_.exchange(false))
      spdlog::info("the database is back");
    lock.lock();
    changed_.notify_all();
    changed_.wait_for(lock, kProbeEvery, [this] { return stopping_; });
  }
}

}  // namespace backtrail::ingest
