#include "deploy/commands/maintenance.hpp"

#include <chrono>
#include <spdlog/spdlog.h>

#include "ingest/load/coverage_writer.hpp"
#include "ingest/seal/merger.hpp"
#include "ingest/seal/sealer.hpp"
#include "schema/core/time.hpp"
#include "schema/retention/retention_run.hpp"

namespace backtrail::commands {
namespace {

constexpr std::chrono::minutes kTick(1);
constexpr int kRetentionTicks = 60;
constexpr int kSealTicks = 15;
// Coverage is folded and retention runs in between.
constexpr std::chrono::seconds kSealSlice(30);
// Merged parts leave the room of the old ones behind, which autovacuum makes free for later ones within a minute or so:
// so many events a minute, and it stays below 100 MB.
constexpr std::uint64_t kMergeRoundEvents = 200'000;
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
  if (seal_ticks_ == 0 && seal_days() && merge_days()) seal_ticks_ = kSealTicks;
  if (seal_ticks_ > 0) --seal_ticks_;
}

bool Maintenance::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

bool Maintenance::seal_days() {
  const auto end = std::chrono::steady_clock::now() + kSealSlice;
  const auto over = [&] { return stopping() || std::chrono::steady_clock::now() >= end; };
  const auto key = ingest::read_hash_key(*database_);
  const auto days = key ? ingest::seal::days_to_seal(*database_, schema::now_us()) : key.error();
  if (!days) {
    spdlog::warn("no day was sealed, it is tried again in a minute: {}", days.error().detail);
    return false;
  }
  for (const std::int32_t day : *days) {
    if (over()) return false;
    ingest::seal::SealOptions options;
    options.now_us = schema::now_us();
    options.stop = over;
    const auto sealed = ingest::seal::seal_day(*database_, *key, day, options);
    if (!sealed) {
      // Writers of the day come first; another one may be free.
      spdlog::warn("{} was not sealed, it is tried again: {}", schema::format_day(day), sealed.error().detail);
      continue;
    }
    for (const auto& [account, why] : sealed->refused)
      spdlog::warn("events of {} on {} stay rows: {}", account, schema::format_day(day), why);
    if (sealed->parts == 0) continue;
    spdlog::info("sealed {}: {} events in {} parts", schema::format_day(day), sealed->events, sealed->parts);
    (void)ingest::seal::shrink_day(*database_, day);
  }
  return true;
}

bool Maintenance::merge_days() {
  const auto end = std::chrono::steady_clock::now() + kSealSlice;
  std::uint64_t merged_before = 0, merged = 0;
  const auto over = [&] {
    return stopping() || merged >= kMergeRoundEvents || std::chrono::steady_clock::now() >= end;
  };
  const auto key = ingest::read_hash_key(*database_);
  const auto days = key ? ingest::seal::days_to_merge(*database_, schema::now_us()) : key.error();
  if (!days) {
    spdlog::warn("no parts were merged, it is tried again in a minute: {}", days.error().detail);
    return false;
  }
  for (const auto& due : *days) {
    if (over()) return false;
    if (const auto tried = unmerged_.find(due.day); tried != unmerged_.end() && tried->second == due.sealed_us)
      continue;
    ingest::seal::MergeOptions options;
    options.stop = over;
    options.progress = [&](std::uint64_t events) { merged = merged_before + events; };
    const auto report = ingest::seal::merge_day(*database_, *key, due.day, options);
    merged_before = merged;
    const std::string day = schema::format_day(due.day);
    if (!report) {
      spdlog::warn("parts of {} were not merged, it is tried again: {}", day, report.error().detail);
      continue;
    }
    for (const auto& [account, why] : report->refused)
      spdlog::warn("parts of {} on {} stay apart: {}", account, day, why);
    if (!report->directory_refused.empty())
      spdlog::warn("the directories of {} stay apart: {}", day, report->directory_refused);
    if (!over() && (!report->refused.empty() || !report->directory_refused.empty())) unmerged_[due.day] = due.sealed_us;
    if (report->parts_after > 0)
      spdlog::info("merged {} parts of {} into {}: {} events", report->parts_before, day, report->parts_after,
                   report->events);
    if (report->directories_before > 0)
      spdlog::info("made one directory of the {} of {}", report->directories_before, day);
  }
  return true;
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
