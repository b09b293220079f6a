#include "schema/pg/cluster/processes.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <string>
#include <thread>

namespace backtrail::schema {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// Back ends without a postmaster notice that by themselves, unless they are deep in a query.
constexpr std::chrono::seconds kOrphanPatience{5};

pid_t process_id(const std::string& name) {
  pid_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  return error == std::errc{} && end == name.data() + name.size() ? id : 0;
}

bool named_postgres(const fs::path& process) {
  std::ifstream file(process / "comm");
  std::string name;
  return std::getline(file, name) && name == "postgres";
}

pid_t postmaster_of(const fs::path& data) {
  std::ifstream file(data / "postmaster.pid");
  std::string line;
  return std::getline(file, line) ? process_id(line) : 0;
}

// Waits until no process is left; the rest after `patience`.
std::vector<pid_t> wait_until_gone(const fs::path& data, std::chrono::seconds patience) {
  const auto deadline = Clock::now() + patience;
  for (;;) {
    auto left = postgres_processes(data);
    if (left.empty() || Clock::now() >= deadline) return left;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

std::vector<pid_t> postgres_processes(const fs::path& data) {
  std::vector<pid_t> found;
  std::error_code error;
  const fs::path wanted = fs::weakly_canonical(data, error);
  for (const auto& process : fs::directory_iterator("/proc", error)) {
    const pid_t id = process_id(process.path().filename().string());
    if (id == 0 || !named_postgres(process.path())) continue;
    std::error_code gone;  // a zombie has no working directory
    if (fs::read_symlink(process.path() / "cwd", gone) == wanted && !gone) found.push_back(id);
  }
  return found;
}

Result<void> end_leftovers(const fs::path& data, std::chrono::seconds patience) {
  auto left = postgres_processes(data);
  if (!left.empty()) {
    const pid_t postmaster = postmaster_of(data);
    spdlog::warn("ending the PostgreSQL that an earlier program left in {} ({} processes)", data.string(), left.size());
    if (std::find(left.begin(), left.end(), postmaster) != left.end())
      kill(postmaster, SIGINT);  // it ends the others
    else
      patience = std::min(patience, kOrphanPatience);
    left = wait_until_gone(data, patience);
    for (const pid_t id : left) kill(id, SIGKILL);
    if (!left.empty()) left = wait_until_gone(data, std::chrono::seconds(10));
  }
  if (!left.empty())
    return fail(Code::kIo, fmt::format("another PostgreSQL uses {} and does not stop: end its processes ({}) first",
                                       data.string(), fmt::join(left, ", ")));
  std::error_code ignored;
  fs::remove(data / "postmaster.pid", ignored);
  return {};
}

}  // namespace backtrail::schema
