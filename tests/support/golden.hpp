// Golden pairs: tests/golden/FOLDER/CASE.in.* and CASE.expected.json.
//
// BACKTRAIL_UPDATE_GOLDEN=1 writes the expected files anew; read the difference before committing it.
#pragma once
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/real_data.hpp"

namespace backtrail::testing {

inline std::string read_whole_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// CASE of CASE.in.json, CASE.in.gz, …
inline std::string golden_case(const std::filesystem::path& input) {
  const std::string file = input.filename().string();
  return file.substr(0, file.find(".in"));
}

// The inputs of one folder below tests/golden, sorted.
inline std::vector<std::filesystem::path> golden_inputs(const std::string& folder) {
  std::vector<std::filesystem::path> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() / "tests" / "golden" / folder))
    if (entry.path().filename().string().find(".in") != std::string::npos) inputs.push_back(entry.path());
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

// The first line that differs: two whole dumps side by side tell nobody anything.
inline std::string first_difference(const std::string& wanted, const std::string& got) {
  std::istringstream wanted_lines(wanted), got_lines(got);
  std::string left, right;
  for (int line = 1; wanted_lines || got_lines; ++line) {
    if (!std::getline(wanted_lines, left)) left = "(end)";
    if (!std::getline(got_lines, right)) right = "(end)";
    if (left != right) return "line " + std::to_string(line) + "\n- " + left + "\n+ " + right;
  }
  return "no difference";
}

// Compares with CASE.expected.json beside the input, or writes it.
inline void expect_golden(const std::filesystem::path& input, const std::string& dump) {
  const auto expected = input.parent_path() / (golden_case(input) + ".expected.json");
  if (std::getenv("BACKTRAIL_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(expected, std::ios::binary) << dump;
    GTEST_SKIP() << "written";
  }
  ASSERT_TRUE(std::filesystem::exists(expected)) << "set BACKTRAIL_UPDATE_GOLDEN=1 to write " << expected;
  const std::string wanted = read_whole_file(expected);
  EXPECT_TRUE(dump == wanted) << expected << "\n" << first_difference(wanted, dump);
}

}  // namespace backtrail::testing
