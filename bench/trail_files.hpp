// The CloudTrail records of files and folders, one text each: what every contestant of a benchmark is fed with.
//
// Decodes and splits with the product's own code (libdeflate, the splitter of ingest/parse), so that what is compared
// is the storing and not the reading. Files are handed out one at a time to any number of threads.
#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace backtrail::bench {

class TrailFiles {
 public:
  // Every file below `path`, in the order of their names.
  explicit TrailFiles(const std::filesystem::path& path);

  std::size_t bytes() const;  // of all files, as they are

  // The next file's records; false when there is none left. Throws when a file cannot be read. Thread-safe.
  bool next(const std::function<void(std::string_view record)>& take);

 private:
  std::vector<std::filesystem::path> files_;
  std::atomic<std::size_t> at_{0};
};

}  // namespace backtrail::bench
