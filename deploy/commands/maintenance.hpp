// What a long-running program does besides answering. As the maintenance role: each minute it folds what was counted
// for coverage; once at the start and then hourly it deletes what has expired and makes the partitions of the coming
// days; every quarter of an hour it seals days that are due, half a minute at a time, and then merges parts of days,
// some events a minute. With a pipeline: every few minutes it sweeps the days just written for variants. One thread;
// the destructor stops it.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "ingest/pipeline.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::commands {

class Maintenance {
 public:
  // Either may be null: then its part is left out. Neither is owned; both must outlive this.
  // `archive_directory`: what expires is archived there first; empty: it is not.
  Maintenance(schema::Database* maintenance, ingest::Pipeline* pipeline, std::filesystem::path archive_directory);
  ~Maintenance();

 private:
  void loop();
  // What the maintenance role does each minute.
  void tend();
  // Seals days that are due; false when some are left for the next minute.
  bool seal_days();
  // Merges parts of days that are due; false when some are left for the next minute.
  bool merge_days();
  bool stopping();
  schema::Database* database_;
  ingest::Pipeline* pipeline_;
  const std::filesystem::path archive_directory_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  int retention_ticks_ = 0;  // minutes until the next retention
  int seal_ticks_ = 0;       // … until the next look for days to seal and to merge
  // Days of which something could not be merged, with the time of their newest part: not tried again before another
  // comes.
  std::map<std::int32_t, std::int64_t> unmerged_;
  std::thread thread_;
};

}  // namespace backtrail::commands
