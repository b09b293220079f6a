// The buckets of delivery lag and what counts for coverage.
#include "schema/model/coverage.hpp"

#include <gtest/gtest.h>
#include <set>

namespace backtrail::schema {
namespace {

TEST(CoverageModelTest, PutsALagIntoTheBucketOfItsBound) {
  EXPECT_EQ(lag_bucket(-1), 0U);
  EXPECT_EQ(lag_bucket(0), 0U);
  for (std::size_t bucket = 0; bucket < kLagBounds_s.size(); ++bucket) {
    EXPECT_EQ(lag_bucket(kLagBounds_s[bucket] * kMicrosPerSecond), bucket);
    EXPECT_EQ(lag_bucket(kLagBounds_s[bucket] * kMicrosPerSecond + 1), bucket + 1);
  }
}

TEST(CoverageModelTest, HasBoundsThatRise) {
  for (std::size_t i = 1; i < kLagBounds_s.size(); ++i) EXPECT_LT(kLagBounds_s[i - 1], kLagBounds_s[i]);
}

TEST(CoverageModelTest, TellsPercentilesAsBounds) {
  LagCounts counts{};
  EXPECT_EQ(lag_percentile_s(counts, 0.5), std::nullopt);
  counts[lag_bucket(40 * kMicrosPerSecond)] = 99;
  counts[lag_bucket(3000 * kMicrosPerSecond)] = 1;
  EXPECT_EQ(lag_percentile_s(counts, 0.5), 45);
  EXPECT_EQ(lag_percentile_s(counts, 0.99), 45);
  EXPECT_EQ(lag_percentile_s(counts, 0.999), 3600);
  counts = {};
  counts.back() = 1;
  EXPECT_EQ(lag_percentile_s(counts, 0.5), kLagBounds_s.back());
  counts = {};
  counts.front() = 1;
  EXPECT_EQ(lag_percentile_s(counts, 0.01), 1);
}

TEST(CoverageModelTest, CountsARecordFromTheFutureWhenItArrived) {
  EXPECT_EQ(coverage_time(100, 200), 100);
  EXPECT_EQ(coverage_time(300, 200), 200);
}

TEST(CoverageModelTest, MeasuresLagAtDoorsOnly) {
  for (const char* door : {"eventbridge", "firehose", "sns", "raw"}) EXPECT_TRUE(measures_lag(door)) << door;
  for (const char* other : {"import", "replay", "reconcile"}) EXPECT_FALSE(measures_lag(other)) << other;
}

TEST(CoverageModelTest, NamesEverySourceOnce) {
  std::set<std::string_view> names;
  for (const CoverageSource source : kCoverageSources) EXPECT_TRUE(names.insert(name_of(source)).second);
  EXPECT_FALSE(names.contains(""));
  EXPECT_EQ(coverage_source(EventClass::kManagement), CoverageSource::kCloudTrailManagement);
  EXPECT_EQ(coverage_source(EventClass::kData), CoverageSource::kCloudTrailData);
  EXPECT_EQ(coverage_source(EventClass::kInsight), CoverageSource::kCloudTrailInsight);
  EXPECT_EQ(coverage_source(EventClass::kNetworkActivity), CoverageSource::kCloudTrailNetworkActivity);
  EXPECT_EQ(coverage_source("GuardDuty"), CoverageSource::kGuardDuty);
  EXPECT_EQ(coverage_source("Security Hub"), CoverageSource::kSecurityHub);
  EXPECT_EQ(coverage_source("Inspector"), CoverageSource::kOtherProduct);
  EXPECT_EQ(coverage_source("heartbeat", "aws.scheduler"), CoverageSource::kHeartbeat);
  EXPECT_EQ(coverage_source("runtime_health", "aws.guardduty"), CoverageSource::kGuardDuty);
  EXPECT_EQ(coverage_source("insight_results", "aws.securityhub"), CoverageSource::kSecurityHub);
  EXPECT_EQ(coverage_source("object", "aws.s3"), CoverageSource::kNotice);
}

}  // namespace
}  // namespace backtrail::schema
