// The files of the sample: gzip, names and folders as CloudTrail and GuardDuty make them, digests.
//
// The compressor, its buffer and the last folder made are kept from file to file. Not thread-safe. Throws
// std::system_error when a file cannot be written.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/sample/organisation.hpp"
#include "ingest/sample/text.hpp"

struct libdeflate_compressor;

namespace backtrail::ingest::sample {

class TreeWriter {
 public:
  TreeWriter(std::filesystem::path root, const Organisation& organisation, std::int64_t end_seconds);
  ~TreeWriter();

  // One log file with these records, the inside of {"Records":[…]}; `newest` is when the last of them was recorded.
  void write_log(int account, int region, std::int64_t oldest, std::int64_t newest, std::string_view records);
  // One file of exported findings, one JSON document a line.
  void write_findings(int account, int region, std::int64_t day, std::string_view lines);
  void write_plain(std::string_view name, std::string_view content);
  // The hourly digests of the account and Region that has them, over the log files written for its last hours.
  void write_digests();

  [[nodiscard]] std::uint64_t files() const { return files_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  struct LogFile {
    std::string key;
    std::int64_t delivered, oldest, newest;
    std::string sha256;
  };

  void write_gzip(const std::string& key, std::string_view content);
  void write_file(const std::string& key, std::string_view bytes);
  std::string digest_of(std::int64_t hour, const std::string& previous_key, const std::string& previous_hash,
                        std::string& key);

  std::filesystem::path root_;
  const Organisation& organisation_;
  std::int64_t end_;
  std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor_;
  std::vector<char> compressed_;
  std::string last_folder_;
  std::vector<LogFile> digested_;
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace backtrail::ingest::sample
