// tests/golden/recognise: whole deliveries, and which records are found in them, in what order.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/golden.hpp"
#include "tests/support/recorded_records.hpp"

namespace backtrail::ingest {
namespace {

using Json = nlohmann::ordered_json;

// The first bytes of what a record is made of; enough to see where it was cut.
std::string head(const std::string& raw) {
  constexpr std::size_t kHead = 60;
  std::string text;
  for (const char c : raw.substr(0, kHead)) text += (c >= 0x20 && c < 0x7F) ? c : c == '\n' ? ' ' : '?';
  return text;
}

std::string dump_of(const testing::RecordedRecords& found) {
  Json list = Json::array();
  for (const auto& record : found.records)
    list.push_back({{"position", record.position},
                    {"kind", record.kind},
                    {"what", record.what},
                    {"detail", record.detail},
                    {"bytes", record.raw.size()},
                    {"begins", head(record.raw)}});
  return list.dump(2) + '\n';
}

class GoldenRecogniseTest : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(GoldenRecogniseTest, FindsWhatIsExpected) {
  const std::string bytes = testing::read_whole_file(GetParam());
  const auto found = testing::recognised(bytes);
  for (std::size_t i = 0; i < found.records.size(); ++i) EXPECT_EQ(found.records[i].position, i);
  testing::expect_golden(GetParam(), dump_of(found));
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenRecogniseTest, ::testing::ValuesIn(testing::golden_inputs("recognise")),
                         [](const auto& test) { return testing::golden_case(test.param); });

}  // namespace
}  // namespace backtrail::ingest
