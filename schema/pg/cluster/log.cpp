#include "schema/pg/cluster/log.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace backtrail::schema {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTailBytes = 2000;

// The newest first.
std::vector<fs::path> log_files(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("postgresql-") && name.ends_with(".log")) found.push_back(entry.path());
  }
  std::sort(found.rbegin(), found.rend());  // the names carry the time
  return found;
}

std::string tail_of(const fs::path& path) {
  // The directory belongs to the server's user: a link in it must not make root read something else.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return {};
  struct stat found {};
  std::string text;
  if (fstat(fd, &found) == 0 && S_ISREG(found.st_mode)) {
    const auto size = std::min<std::size_t>(static_cast<std::size_t>(found.st_size), kTailBytes);
    text.resize(size);
    const ssize_t got = pread(fd, text.data(), size, found.st_size - static_cast<off_t>(size));
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  }
  close(fd);
  return text;
}

}  // namespace

fs::path startup_log(const fs::path& directory) {
  return directory / "startup.log";
}

void prune_logs(const fs::path& directory) {
  const auto files = log_files(directory);
  std::error_code ignored;
  for (std::size_t i = kClusterLogFilesMax; i < files.size(); ++i) fs::remove(files[i], ignored);
}

std::string last_words(const fs::path& directory) {
  std::string text = tail_of(startup_log(directory));
  const auto files = log_files(directory);
  if (!files.empty()) text += tail_of(files.front());
  return text.empty() ? "(it wrote no log)" : text;
}

}  // namespace backtrail::schema
