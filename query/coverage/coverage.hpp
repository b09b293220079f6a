// What is heard from where: account × Region × source, with first and last record, delivery lag, gaps, and how that
// compares with what is expected. The worst first. Errors: kBadParameter. Thread-safe.
//
// "Last" and "lag" are of the records' own time; a record that claims the future counts when it arrived. Rules:
// coverage_rules.hpp.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "query/coverage/coverage_rules.hpp"
#include "query/findings/finding_filter.hpp"
#include "query/warehouse.hpp"
#include "schema/core/error.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::query {

inline constexpr std::int32_t kCoverageDaysDefault = 14;
inline constexpr std::int32_t kCoverageDaysMax = 90;
// Cells in an answer; the totals are exact.
inline constexpr std::size_t kCoverageCellsMax = 20'000;
// Gaps of a cell that are told, the newest; their number is exact.
inline constexpr std::size_t kCoverageGapsMax = 20;

struct CoverageRequest {
  std::vector<std::string> account_ids, regions;
  std::vector<schema::CoverageSource> sources;
  std::vector<CoverageStatus> statuses;
  std::int32_t days = kCoverageDaysDefault;  // how far back gaps, hours and lag go, today included
  std::int64_t now_us = 0;
};
// account_id, region, source, status (each may repeat), days.
schema::Result<CoverageRequest> parse_coverage_request(Parameters parameters, std::int64_t now_us);

enum class ExpectedBy : std::uint8_t { kNobody, kHistory, kRegister };
constexpr std::string_view name_of(ExpectedBy by) {
  return by == ExpectedBy::kHistory ? "history" : by == ExpectedBy::kRegister ? "register" : "";
}

struct CoverageCell {
  std::string account_id;
  std::optional<std::string> region;  // nothing: the account as a whole, from which CloudTrail was never heard
  schema::CoverageSource source = schema::CoverageSource::kCloudTrailManagement;
  CoverageStatus status = CoverageStatus::kQuiet;
  ExpectedBy expected_by = ExpectedBy::kNobody;
  std::optional<std::int64_t> since_us;  // of late and silent: the last record; of never: the registration
  std::optional<std::int64_t> first_us, last_us, last_received_us;
  std::int64_t records = 0;
  std::optional<std::int64_t> usual_pause_us;
  std::int64_t lag_records = 0;  // records of the window that came through a door
  std::optional<std::int64_t> lag_p50_s, lag_p99_s;
  std::vector<schema::TimeRange> gaps;  // the newest first, at most kCoverageGapsMax
  std::size_t gap_count = 0;
  std::vector<DayHours> days;  // of the window, ascending, days without a record left out
};

struct CoverageAccount {
  std::string account_id;
  std::optional<std::string> account_name;
  bool registered = false, active = true;
  CoverageStatus status = CoverageStatus::kOk;  // the worst of its cells
  std::optional<std::int64_t> last_us;          // of any source
  // By schema::CoverageSource: the last record of it, over all Regions.
  std::array<std::optional<std::int64_t>, schema::kCoverageSources.size() + 1> last_by_source_us;
};

struct Coverage {
  CoverageRequest request;
  std::int32_t from_day = 0;  // of the window
  std::vector<CoverageCell> cells;
  std::size_t cells_total = 0;  // that match, told or not
  std::array<std::size_t, kCoverageStatuses.size()> by_status{};
  std::vector<CoverageAccount> accounts;  // that match, the worst first; registered ones without a record too
};
schema::Result<Coverage> coverage(const Warehouse& warehouse, const schema::AccountScope& scope,
                                  const CoverageRequest& request);

}  // namespace backtrail::query
