// A notice: what AWS says that is neither a finding nor an API event. Stored with its bytes, so that nothing that
// arrives vanishes, and counted as a sign of life of its account and Region.
//
// Immutable; identity is (account, content). Values only: thread-safe.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/core/hash.hpp"

namespace backtrail::schema {

// Stored: never rename.
namespace notice_kind {
inline constexpr std::string_view kScanResult = "scan_result";          // malware protection looked at an object
inline constexpr std::string_view kResourceStatus = "resource_status";  // a protected resource, or what followed a scan
inline constexpr std::string_view kRuntimeHealth = "runtime_health";    // a runtime agent is healthy, or not
inline constexpr std::string_view kHeartbeat = "heartbeat";             // a scheduled event
inline constexpr std::string_view kInsightResults = "insight_results";  // Security Hub
inline constexpr std::string_view kObject = "object";                   // an object was written: bucket and key
inline constexpr std::string_view kServiceEvent = "service_event";      // any other event of an AWS service

inline constexpr std::array kAll{kScanResult,     kResourceStatus, kRuntimeHealth, kHeartbeat,
                                 kInsightResults, kObject,         kServiceEvent};
}  // namespace notice_kind

struct Notice {
  std::string account_id;  // the envelope's; "" when nothing names one (an object notification)
  Uuid notice_id{};        // keyed fingerprint of the JSON value and the subject
  std::string_view kind;   // one of notice_kind::kAll
  std::string source;      // "aws.guardduty"
  std::string detail_type;
  std::string region;
  std::string subject;       // bucket/key, an insight's ARN, a resource; may be empty
  std::int64_t time_us = 0;  // as sent; the receipt's when none was sent or it lies ahead
  std::string raw;           // exact bytes
};

}  // namespace backtrail::schema
