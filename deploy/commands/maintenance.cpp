#include "deploy/commands/maintenance.hpp"

#include <chrono>
#include <spdlog/spdlog.h>

#include "ingest/load/coverage_writer.hpp"
#include "schema/core/time.hpp"
#include "schema/retention/retention_run.hpp"

namespace backtrail::commands {
namespace {

constexpr std::chrono::minutes kTick(1);
constexpr int kRetentionTicks = 60;
// A sweep reads the key of every event of the days just written.
constexpr int kSweepTicks = 5;

// False: something is left, and is tried again in a minute.
bool expire(schema::Database& database, const std::filesystem::path& archive_directory) {
  schema::RetentionOptions options;
  options.now_us = schema::now_us();
  options.archive_directory = archive_directory;
  const auto done = schema::run_retention(database, options);
  const auto forgotten = ingest::forget_coverage(database, options.now_us);
  if (!done || !forgotten) {
    spdlog::warn("retention did not run, it is tried again in a minute: {}",
                 (done ? forgotten.error() : done.error()).detail);
    return false;
  }
  if (done->another_runs) return false;
  if (!done->clock_doubt.empty())
    spdlog::error(
        "retention removes nothing more until the clock is certain: {}; if the clock is right, say so with "
        "'backtrail retention --apply --force'",
        done->clock_doubt);
  if (done->partitions_dropped + done->events_deleted + done->findings_deleted > 0)
    spdlog::info("retention dropped {} partitions, {} events, {} findings", done->partitions_dropped,
                 done->events_deleted, done->findings_deleted);
  if (done->sets_archived > 0)
    spdlog::info("retention archived {} records in {} sets", done->records_archived, done->sets_archived);
  if (!done->archive_failure.empty())
    spdlog::error("the archive failed, and what could not be archived is not removed; tried again in a minute: {}",
                  done->archive_failure);
  if (done->busy > 0) spdlog::info("{} parts that expired are in use and go later", done->busy);
  return done->busy == 0 && done->archive_failure.empty();
}

bool sweep(ingest::Pipeline& pipeline) {
  const auto swept = pipeline.sweep_variants();
  if (!swept)
    spdlog::warn("the sweep for variants did not run, it is tried again in a minute: {}", swept.error().detail);
  return swept.has_value();
}

}  // namespace

Maintenance::Maintenance(schema::Database* maintenance, ingest::Pipeline* pipeline,
                         std::filesystem::path archive_directory)
    : database_(maintenance),
      pipeline_(pipeline),
      archive_directory_(std::move(archive_directory)),
      thread_([this] { loop(); }) {}

Maintenance::~Maintenance() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Maintenance::tend() {
  if (const auto folded = ingest::fold_coverage(*database_); !folded)
    spdlog::warn("coverage was not folded, it is tried again in a minute: {}", folded.error().detail);
  if (retention_ticks_ == 0 && expire(*database_, archive_directory_)) retention_ticks_ = kRetentionTicks;
  if (retention_ticks_ > 0) --retention_ticks_;
}

void Maintenance::loop() {
  int sweep_ticks = kSweepTicks;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    if (database_ != nullptr) tend();
    if (pipeline_ != nullptr && --sweep_ticks <= 0 && sweep(*pipeline_)) sweep_ticks = kSweepTicks;
    lock.lock();
    wake_.wait_for(lock, kTick, [this] { return stopping_; });
  }
}

}  // namespace backtrail::commands
