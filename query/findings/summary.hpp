// The overview: figures over an interval, each equal to the total of the list that its link opens.
//
// A figure counts findings last seen in [from, to), archived ones left out, samples too unless asked for; open means
// the status is new, in_progress or notified. Findings, accounts and entities come from one snapshot; events and
// quarantine are counted beside it. Thread-safe.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "query/findings/finding_filter.hpp"
#include "query/findings/finding_rows.hpp"
#include "query/warehouse.hpp"
#include "schema/core/error.hpp"
#include "schema/core/time.hpp"
#include "schema/model/severity.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::query {

inline constexpr std::int32_t kSummaryDaysDefault = 14;
inline constexpr std::int32_t kSummaryDaysMax = 3660;
inline constexpr std::size_t kSummaryTypesMax = 20;
inline constexpr std::size_t kSummaryNewestMax = 10;
inline constexpr std::size_t kSummaryEntitiesMax = 20;
// Counting events may take long; then the overview is shown without that figure.
inline constexpr int kEventCountTimeout_ms = 4000;

struct SummaryRequest {
  schema::TimeRange range;
  bool include_samples = false;
};
// from and to (both or none), include_samples. Without an interval: the last kSummaryDaysDefault days in UTC, today
// included. kBadParameter, also for more than kSummaryDaysMax days.
schema::Result<SummaryRequest> parse_summary_request(Parameters parameters, std::int64_t now_us);

// By schema::Severity.
using SeverityCounts = std::array<std::int64_t, schema::kSeverities.size()>;

struct DayCounts {
  std::int32_t day;
  SeverityCounts counts{};
};
struct AccountRegionCounts {
  std::string account_id;
  std::optional<std::string> account_name;
  std::string region;
  std::int64_t open = 0, findings = 0;
  schema::Severity highest = schema::Severity::kUnknown;  // of the open ones; when none is open, of all
};
struct TypeCounts {
  std::string type;
  std::int64_t count = 0, occurrences = 0;
  schema::Severity highest = schema::Severity::kUnknown;
};
struct TopEntity {
  schema::Entity entity;
  std::int64_t findings = 0, accounts = 0, last_seen_us = 0;
};

struct Summary {
  SummaryRequest request;
  std::int64_t findings = 0, open = 0, occurrences = 0, quarantined = 0, accounts_reporting = 0,
               accounts_registered = 0;
  std::optional<std::int64_t> events;  // empty: counting took too long
  SeverityCounts open_by_severity{};
  std::optional<FindingRow> oldest_unassigned;  // open, without assignee, first seen first
  std::vector<DayCounts> by_day;                // every UTC day that the interval touches
  std::vector<AccountRegionCounts> account_region;
  std::vector<TypeCounts> by_type;  // the most frequent
  std::vector<FindingRow> newest;
  std::vector<TopEntity> top_entities;
};
schema::Result<Summary> summary(const Warehouse& warehouse, const schema::AccountScope& scope,
                                const SummaryRequest& request);

}  // namespace backtrail::query
