// Real findings and trails, which are not part of this repository: tests use them where they are and skip where not.
//
//   BACKTRAIL_REQUIRE_REAL_DATA(data);              // in a test's body: skips it, visibly, when there is none
//   auto text = read(data / "guardduty" / ...);
#pragma once
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <optional>

#ifndef BACKTRAIL_SOURCE_DIR
#error "tests/CMakeLists.txt defines BACKTRAIL_SOURCE_DIR"
#endif

namespace backtrail::testing {

// The repository's root.
inline std::filesystem::path source_dir() {
  return BACKTRAIL_SOURCE_DIR;
}

// BACKTRAIL_REAL_DATA, else ../shared/data beside the repository; nothing when that is no directory.
inline std::optional<std::filesystem::path> real_data_dir() {
  const char* named = std::getenv("BACKTRAIL_REAL_DATA");
  std::filesystem::path path =
      named != nullptr ? std::filesystem::path(named) : source_dir() / ".." / "shared" / "data";
  std::error_code error;
  path = std::filesystem::weakly_canonical(path, error);
  if (!std::filesystem::is_directory(path, error)) return {};
  return path;
}

}  // namespace backtrail::testing

// NOLINTBEGIN(bugprone-macro-parentheses): the name is declared
#define BACKTRAIL_REQUIRE_REAL_DATA(name)                                                           \
  const auto name##_found = ::backtrail::testing::real_data_dir();                                  \
  if (!name##_found) GTEST_SKIP() << "no real data here: set BACKTRAIL_REAL_DATA to its directory"; \
  const std::filesystem::path& name = *name##_found
// NOLINTEND(bugprone-macro-parentheses)
