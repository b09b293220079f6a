// What coverage is counted by: the source of a record, the moment it counts for, and the buckets of its delivery lag.
// Shared by the writer, who counts, and the questions, who read. Pure; values only.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "schema/core/time.hpp"
#include "schema/model/api_event.hpp"
#include "schema/model/notice.hpp"

namespace backtrail::schema {

// Who speaks when a record arrives. Stored: never renumber.
enum class CoverageSource : std::uint8_t {
  kCloudTrailManagement = 1,
  kCloudTrailData = 2,
  kCloudTrailInsight = 3,
  kCloudTrailNetworkActivity = 4,
  kGuardDuty = 5,
  kSecurityHub = 6,
  kOtherProduct = 7,
  kHeartbeat = 8,  // scheduled events: sent to be missed
  kNotice = 9,     // other operational messages
};
inline constexpr std::array kCoverageSources{CoverageSource::kCloudTrailManagement,
                                             CoverageSource::kCloudTrailData,
                                             CoverageSource::kCloudTrailInsight,
                                             CoverageSource::kCloudTrailNetworkActivity,
                                             CoverageSource::kGuardDuty,
                                             CoverageSource::kSecurityHub,
                                             CoverageSource::kOtherProduct,
                                             CoverageSource::kHeartbeat,
                                             CoverageSource::kNotice};

constexpr std::string_view name_of(CoverageSource source) {
  switch (source) {
    case CoverageSource::kCloudTrailManagement:
      return "cloudtrail_management";
    case CoverageSource::kCloudTrailData:
      return "cloudtrail_data";
    case CoverageSource::kCloudTrailInsight:
      return "cloudtrail_insight";
    case CoverageSource::kCloudTrailNetworkActivity:
      return "cloudtrail_network_activity";
    case CoverageSource::kGuardDuty:
      return "guardduty";
    case CoverageSource::kSecurityHub:
      return "security_hub";
    case CoverageSource::kOtherProduct:
      return "other_product";
    case CoverageSource::kHeartbeat:
      return "heartbeat";
    case CoverageSource::kNotice:
      return "notice";
  }
  return "";
}

constexpr CoverageSource coverage_source(EventClass event_class) {
  switch (event_class) {
    case EventClass::kManagement:
      return CoverageSource::kCloudTrailManagement;
    case EventClass::kData:
      return CoverageSource::kCloudTrailData;
    case EventClass::kInsight:
      return CoverageSource::kCloudTrailInsight;
    case EventClass::kNetworkActivity:
      return CoverageSource::kCloudTrailNetworkActivity;
  }
  return CoverageSource::kCloudTrailManagement;
}
// A finding speaks for the product that found it, whichever route it took.
constexpr CoverageSource coverage_source(std::string_view product) {
  if (product == "GuardDuty") return CoverageSource::kGuardDuty;
  if (product == "Security Hub") return CoverageSource::kSecurityHub;
  return CoverageSource::kOtherProduct;
}

// A notice of GuardDuty or Security Hub is as good a sign of life as a finding; `sender` is as "aws.guardduty".
constexpr CoverageSource coverage_source(std::string_view kind, std::string_view sender) {
  if (kind == notice_kind::kHeartbeat) return CoverageSource::kHeartbeat;
  if (sender == "aws.guardduty") return CoverageSource::kGuardDuty;
  if (sender == "aws.securityhub") return CoverageSource::kSecurityHub;
  return CoverageSource::kNotice;
}

// Nobody may hide a later silence by a record that claims to come from the future.
constexpr std::int64_t coverage_time(std::int64_t happened_us, std::int64_t received_us) {
  return std::min(happened_us, received_us);
}

// Only what a sender handed over tells how long the delivery takes; files and second attempts move old records.
constexpr bool measures_lag(std::string_view door) {
  return door != "import" && door != "replay" && door != "reconcile";
}

// Upper bounds of the lag buckets in seconds; the last bucket has none. A percentile is the bound of its bucket. Stored
// by position: append only.
inline constexpr std::array<std::int64_t, 36> kLagBounds_s{
    1,     2,     3,     5,     7,     10,    15,     20,     30,     45,      60,      90,
    120,   180,   300,   420,   600,   900,   1200,   1800,   2700,   3600,    5400,    7200,
    10800, 14400, 21600, 28800, 43200, 86400, 172800, 345600, 604800, 1209600, 2592000, 7776000};
inline constexpr std::size_t kLagBuckets = kLagBounds_s.size() + 1;

constexpr std::size_t lag_bucket(std::int64_t lag_us) {
  std::size_t bucket = 0;
  while (bucket < kLagBounds_s.size() && lag_us > kLagBounds_s[bucket] * kMicrosPerSecond) ++bucket;
  return bucket;
}

using LagCounts = std::array<std::int64_t, kLagBuckets>;

// The bound below which `share` (0 to 1) of the records lie; nothing without records. What lies in the last bucket has
// its lower bound.
constexpr std::optional<std::int64_t> lag_percentile_s(const LagCounts& counts, double share) {
  std::int64_t total = 0;
  for (const auto count : counts) total += count;
  if (total == 0) return std::nullopt;
  const auto wanted =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(total) * share + 0.999999));
  std::int64_t below = 0;
  for (std::size_t bucket = 0; bucket < kLagBounds_s.size(); ++bucket)
    if ((below += counts[bucket]) >= wanted) return kLagBounds_s[bucket];
  return kLagBounds_s.back();
}

// Coverage outlives the records that it counted, so that a source which stopped long ago still shows.
inline constexpr std::int32_t kCoverageKeptDays = 400;

// A Region as coverage keeps it: senders may write anything there.
inline constexpr std::size_t kCoverageRegionMaxBytes = 64;

}  // namespace backtrail::schema
