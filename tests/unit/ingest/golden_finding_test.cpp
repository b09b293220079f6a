// Golden pairs: tests/golden/{guardduty,asff,ocsf,service}/CASE.in.json and CASE.expected.json, the mapping in full.
// BACKTRAIL_UPDATE_GOLDEN=1 writes the expected files anew; read the difference before committing it.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "ingest/map/asff.hpp"
#include "ingest/map/guardduty.hpp"
#include "ingest/map/ocsf.hpp"
#include "ingest/map/service_findings.hpp"
#include "tests/support/finding_dump.hpp"
#include "tests/support/parsed_json.hpp"
#include "tests/support/real_data.hpp"

namespace backtrail::ingest {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInputSuffix = ".in.json";
// Every golden record was received at 2026-11-03T12:00:00Z.
constexpr std::int64_t kReceivedUs = 1'793'707'200 * schema::kMicrosPerSecond;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> golden_inputs() {
  std::vector<fs::path> inputs;
  for (const char* folder : {"guardduty", "asff", "ocsf", "service"})
    for (const auto& entry : fs::directory_iterator(backtrail::testing::source_dir() / "tests" / "golden" / folder))
      if (entry.path().filename().string().ends_with(kInputSuffix)) inputs.push_back(entry.path());
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

std::string case_name(const fs::path& input) {
  const std::string file = input.filename().string();
  return input.parent_path().filename().string() + "_" + file.substr(0, file.size() - kInputSuffix.size());
}

// The first line that differs: two whole dumps side by side tell nobody anything.
std::string first_difference(const std::string& wanted, const std::string& got) {
  std::istringstream wanted_lines(wanted), got_lines(got);
  std::string left, right;
  for (int line = 1; wanted_lines || got_lines; ++line) {
    if (!std::getline(wanted_lines, left)) left = "(end)";
    if (!std::getline(got_lines, right)) right = "(end)";
    if (left != right) return "line " + std::to_string(line) + "\n- " + left + "\n+ " + right;
  }
  return "no difference";
}

class GoldenFindingTest : public ::testing::TestWithParam<fs::path> {};

TEST_P(GoldenFindingTest, MapsAsExpected) {
  const fs::path input = GetParam();
  const std::string name = input.filename().string();
  const fs::path expected =
      input.parent_path() / (name.substr(0, name.size() - kInputSuffix.size()) + ".expected.json");
  const std::string json = read_file(input);
  const backtrail::testing::ParsedJson record(json);
  const std::string folder = input.parent_path().filename().string();
  const schema::JsonNode& root = record.root();
  ASSERT_EQ(looks_like_guardduty(root), folder == "guardduty");
  ASSERT_EQ(looks_like_asff(root), folder == "asff");
  ASSERT_EQ(looks_like_ocsf_finding(root), folder == "ocsf");
  ASSERT_EQ(looks_like_inspector(root) + looks_like_macie(root) + looks_like_access_analyzer(root),
            folder == "service" ? 1 : 0);

  const schema::HashKey key{};
  const MapContext context{kReceivedUs, &key};
  const auto mapper = folder == "guardduty"        ? map_guardduty
                      : folder == "asff"           ? map_asff
                      : folder == "ocsf"           ? map_ocsf_finding
                      : looks_like_inspector(root) ? map_inspector
                      : looks_like_macie(root)     ? map_macie
                                                   : map_access_analyzer;
  const auto finding = mapper(root, record.text(), context);
  ASSERT_TRUE(finding.has_value()) << finding.error().detail;
  const std::string dump = backtrail::testing::finding_dump(*finding);
  if (std::getenv("BACKTRAIL_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(expected, std::ios::binary) << dump;
    GTEST_SKIP() << "written";
  }
  ASSERT_TRUE(fs::exists(expected)) << "set BACKTRAIL_UPDATE_GOLDEN=1 to write it";
  const std::string wanted = read_file(expected);
  EXPECT_TRUE(dump == wanted) << first_difference(wanted, dump);
  EXPECT_EQ(finding->raw, json);
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenFindingTest, ::testing::ValuesIn(golden_inputs()),
                         [](const auto& test) { return case_name(test.param); });

}  // namespace
}  // namespace backtrail::ingest
