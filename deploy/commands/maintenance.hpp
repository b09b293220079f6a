// The maintenance role: each minute it folds what was counted for coverage; once at the start and then hourly it
// deletes what has expired and makes the partitions of the coming days. One thread; the destructor stops it.
#pragma once
#include <condition_variable>
#include <mutex>
#include <thread>

#include "schema/pg/database.hpp"

namespace backtrail::commands {

class Maintenance {
 public:
  explicit Maintenance(schema::Database& maintenance);
  ~Maintenance();

 private:
  void loop();
  schema::Database& database_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace backtrail::commands
