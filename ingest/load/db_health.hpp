// Whether the database can be used right now. Known within kProbeEvery, so that a delivery does not wait for a database
// that is away, and the spool is drained as soon as it is back.
//
// A thread of its own asks the server a small question over its own connection; whoever loses a connection says so at
// once. A question that gets no answer (a server that hangs) counts as away, too. Thread-safe.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "schema/pg/database.hpp"

namespace backtrail::ingest {

class DbHealth {
 public:
  static constexpr std::chrono::milliseconds kProbeEvery{250};
  static constexpr std::chrono::milliseconds kAnswerWithin{1000};

  // `probe` connects as any role and is used by nobody else; not owned.
  explicit DbHealth(schema::Database& probe);
  ~DbHealth();

  bool down() const;
  // Somebody lost a connection.
  void report_down();
  // Waits until the database is up; false after `patience`.
  bool wait_until_up(std::chrono::milliseconds patience) const;

 private:
  void loop();
  schema::Database& database_;
  std::atomic<bool> down_{false};
  std::atomic<std::int64_t> asked_ms_{0};  // when the unanswered question was asked; 0: none
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace backtrail::ingest
