// Imports files and folders: CloudTrail and GuardDuty objects in their S3 layouts, or any JSON, gzip, zip or zstd file.
//
// Order-free and resumable: an object ledger (path, size, SHA-256) remembers what was imported to the end, no marker
// and no order is assumed, so a file that appears late is imported whenever it appears. What a file holds is decided by
// its content. CloudTrail objects of one day, by their S3 paths, are written together, so that they become parts at
// once (load/part_loader.hpp); every other file is written as it comes. Digest files and files that are no JSON are
// reported as ignored, never an error.
#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "ingest/pipeline.hpp"

namespace backtrail::ingest {

// Larger files are reported as failed: they are read whole.
inline constexpr std::uintmax_t kImportFileMaxBytes = 1024ULL * 1024 * 1024;
inline constexpr std::size_t kImportDecodedBytesMax = 2048ULL * 1024 * 1024;
// A file that a busy database had no time for is tried again when all others are through, so many times in all.
inline constexpr int kImportRounds = 3;

struct ImportProgress {
  std::uint64_t files_done = 0, files_total = 0, bytes_done = 0, bytes_total = 0, records = 0;
};

struct IgnoredFile {
  std::string path, why;
};

struct ImportReport {
  Receipt receipt;
  std::uint64_t files_imported = 0, files_known = 0, files_failed = 0;
  std::vector<IgnoredFile> ignored, failed;
  double seconds = 0;
};

struct ImportOptions {
  unsigned readers = 2;
  bool again = false;                                     // import objects that the ledger knows, too
  std::function<void(const ImportProgress&)> progress{};  // from one thread at a time, a few times a second
  const std::atomic<bool>* stop = nullptr;                // set: no new files are begun
};

// Regular files below the paths, sorted; symbolic links are not followed. kIo when a path does not exist.
schema::Result<std::vector<std::filesystem::path>> list_files(const std::vector<std::filesystem::path>& paths);

// `database` connects as backtrail_ingest. Errors of single files are in the report.
schema::Result<ImportReport> import_files(Pipeline& pipeline, schema::Database& database,
                                          const std::vector<std::filesystem::path>& paths,
                                          const ImportOptions& options);

}  // namespace backtrail::ingest
