// tests/golden/cloudtrail: records and everything that is read from them.
#include <gtest/gtest.h>

#include "schema/record/cloudtrail_record.hpp"
#include "schema/record/ocsf_activity.hpp"
#include "tests/support/event_dump.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/parsed_json.hpp"

namespace backtrail::ingest {
namespace {

constexpr std::int64_t kReceivedUs = 1'793'707'200 * schema::kMicrosPerSecond;  // 2026-11-03T12:00:00Z

class GoldenCloudTrailTest : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(GoldenCloudTrailTest, ReadsAsExpected) {
  const testing::ParsedJson record(testing::read_whole_file(GetParam()));
  const bool is_ocsf = testing::golden_case(GetParam()).starts_with("ocsf_");
  ASSERT_EQ(schema::looks_like_cloudtrail(record.root()), !is_ocsf);
  ASSERT_EQ(schema::looks_like_ocsf_activity(record.root()), is_ocsf);
  const schema::HashKey key{};
  const auto event = schema::read_cloudtrail_record(record.root(), record.text(), {kReceivedUs, &key});
  ASSERT_TRUE(event.has_value()) << event.error().detail;
  EXPECT_EQ(event->raw, record.text());
  testing::expect_golden(GetParam(), testing::event_dump(*event));
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenCloudTrailTest, ::testing::ValuesIn(testing::golden_inputs("cloudtrail")),
                         [](const auto& test) { return testing::golden_case(test.param); });

}  // namespace
}  // namespace backtrail::ingest
