// Finds the PostgreSQL programs on this machine: initdb and postgres of one version, 15 or later.
//
// Looked at: every directory of PATH and /usr/lib/postgresql/*/bin, where Debian keeps them out of PATH. The newest
// version wins; an existing data directory asks for exactly its own. Starts `postgres --version` for each candidate.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "schema/core/error.hpp"

namespace backtrail::schema {

constexpr int kOldestPostgresMajor = 15;

struct PostgresBinaries {
  std::filesystem::path directory;
  int major = 0;
  std::filesystem::path initdb() const { return directory / "initdb"; }
  std::filesystem::path postgres() const { return directory / "postgres"; }
};

// `wanted_major` is that of an existing data directory. kNotFound says which package to install.
Result<PostgresBinaries> find_postgres_binaries(std::optional<int> wanted_major);

// 15 for "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)", also for "16devel"; nothing for other text.
std::optional<int> postgres_major(std::string_view version_line);

}  // namespace backtrail::schema
