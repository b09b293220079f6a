// Samples on disk for the tests of the generator.
#pragma once
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <unistd.h>

#include "ingest/sample/plan.hpp"
#include "ingest/sample/sample.hpp"

namespace backtrail::ingest::sample {

namespace fs = std::filesystem;

inline constexpr std::int64_t kEnd = 1'772'366'400;  // 2026-03-01T12:00:00Z

// A folder that goes away. In memory where the system has such a place: a sample is a thousand small files.
class Folder {
 public:
  Folder() {
    std::string name = (fs::exists("/dev/shm") ? "/dev/shm" : testing::TempDir()) + "/backtrail-sample-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline SampleOptions options_for(const fs::path& out, std::uint64_t events, std::uint64_t seed, std::int64_t end = kEnd,
                                 int days = 90) {
  SampleOptions options;
  options.out = out;
  options.events = events;
  options.seed = seed;
  options.end_us = end * kMicrosPerSecond;
  options.days = days;
  return options;
}

inline std::map<std::string, std::string> tree_of(const fs::path& root) {
  std::map<std::string, std::string> tree;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) tree[fs::relative(entry.path(), root).string()] = read_file(entry.path());
  }
  return tree;
}

}  // namespace backtrail::ingest::sample
