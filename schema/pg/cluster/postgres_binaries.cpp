#include "schema/pg/cluster/postgres_binaries.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <memory>
#include <set>
#include <sstream>
#include <unistd.h>
#include <vector>

namespace backtrail::schema {
namespace {

namespace fs = std::filesystem;

bool executable(const fs::path& path) {
  return access(path.c_str(), X_OK) == 0;
}

// The real directory of a `postgres` with its `initdb` beside it. PATH often holds only links.
std::optional<fs::path> real_directory(const fs::path& directory) {
  std::error_code error;
  const fs::path real = fs::canonical(directory / "postgres", error);
  if (error || !executable(real) || !executable(real.parent_path() / "initdb")) return {};
  return real.parent_path();
}

std::set<fs::path> candidates() {
  std::set<fs::path> found;
  std::istringstream path(std::getenv("PATH") != nullptr ? std::getenv("PATH") : "");
  for (std::string directory; std::getline(path, directory, ':');) {
    if (directory.empty() || directory.front() != '/') continue;
    if (auto real = real_directory(directory)) found.insert(*real);
  }
  std::error_code error;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", error)) {
    if (auto real = real_directory(version.path() / "bin")) found.insert(*real);
  }
  return found;
}

// The path comes from this machine's directories, but it still is data: single quotes are closed, escaped and reopened.
std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::optional<int> major_of(const fs::path& directory) {
  const std::string command = shell_quoted((directory / "postgres").string()) + " --version 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "re"), pclose);
  if (!pipe) return {};
  std::array<char, 256> line{};
  if (std::fgets(line.data(), line.size(), pipe.get()) == nullptr) return {};
  return postgres_major(line.data());
}

Error nothing_found(std::optional<int> wanted, const std::set<int>& seen) {
  std::string others;
  for (const int major : seen) others += fmt::format("{}{}", others.empty() ? "" : ", ", major);
  const std::string found = others.empty() ? "none is installed" : fmt::format("found only version {}", others);
  if (wanted)
    return fail(Code::kNotFound, fmt::format("the data directory was made by PostgreSQL {0}, but {1}: install it again "
                                             "(apt-get install postgresql-{0}), or dump and restore into the newer one",
                                             *wanted, found));
  return fail(Code::kNotFound,
              fmt::format("no PostgreSQL {} or later ({}): apt-get install postgresql-15, or use --database-url",
                          kOldestPostgresMajor, found));
}

}  // namespace

std::optional<int> postgres_major(std::string_view line) {
  constexpr std::string_view kPrefix = "postgres (PostgreSQL) ";
  if (!line.starts_with(kPrefix)) return {};
  line.remove_prefix(kPrefix.size());
  int major = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), major);
  if (error != std::errc{} || major <= 0) return {};
  return major;
}

Result<PostgresBinaries> find_postgres_binaries(std::optional<int> wanted_major) {
  PostgresBinaries best;
  std::set<int> seen;
  for (const auto& directory : candidates()) {
    const auto major = major_of(directory);
    if (!major) continue;
    seen.insert(*major);
    const bool usable = wanted_major ? *major == *wanted_major : *major >= kOldestPostgresMajor;
    if (usable && *major > best.major) best = {directory, *major};
  }
  if (best.major == 0) return nothing_found(wanted_major, seen);
  return best;
}

}  // namespace backtrail::schema
