#include "query/coverage/coverage.hpp"

#include <fmt/format.h>

#include "api/rest/answer.hpp"
#include "api/rest/coverage.hpp"
#include "api/rest/problem.hpp"

namespace backtrail::api {
namespace {

using schema::CoverageSource;

// Six hexadecimal digits a day of the window; bit h is hour h.
std::string hours_text(const query::CoverageCell& cell, const query::Coverage& coverage) {
  std::string text(static_cast<std::size_t>(coverage.request.days) * 6, '0');
  for (const auto& day : cell.days) {
    const auto at = static_cast<std::size_t>(day.day - coverage.from_day) * 6;
    if (at + 6 <= text.size()) text.replace(at, 6, fmt::format("{:06x}", day.hours));
  }
  return text;
}

Json seconds_json(const std::optional<std::int64_t>& us) {
  return us ? Json(*us / schema::kMicrosPerSecond) : Json(nullptr);
}

Json cell_json(const query::CoverageCell& cell, const query::Coverage& coverage) {
  Json gaps = Json::array();
  for (const auto& gap : cell.gaps) gaps.push_back({{"from", time_json(gap.from_us)}, {"to", time_json(gap.to_us)}});
  return {{"account_id", cell.account_id},
          {"region", or_null(cell.region)},
          {"source", name_of(cell.source)},
          {"status", name_of(cell.status)},
          {"since", time_json(cell.since_us)},
          {"expected_by", text_or_null(std::string(name_of(cell.expected_by)))},
          {"first_at", time_json(cell.first_us)},
          {"last_at", time_json(cell.last_us)},
          {"last_received_at", time_json(cell.last_received_us)},
          {"records", cell.records},
          {"usual_pause_seconds", seconds_json(cell.usual_pause_us)},
          {"lag",
           {{"records", cell.lag_records},
            {"p50_seconds", or_null(cell.lag_p50_s)},
            {"p99_seconds", or_null(cell.lag_p99_s)}}},
          {"gap_count", cell.gap_count},
          {"gaps", std::move(gaps)},
          {"hours", hours_text(cell, coverage)}};
}

Json account_json(const query::CoverageAccount& account) {
  const auto last = [&](CoverageSource source) {
    return time_json(account.last_by_source_us[static_cast<std::size_t>(source)]);
  };
  return {{"account_id", account.account_id},
          {"account_name", or_null(account.account_name)},
          {"registered", account.registered},
          {"active", account.active},
          {"status", name_of(account.status)},
          {"last_at", time_json(account.last_us)},
          {"data_events_at", last(CoverageSource::kCloudTrailData)},
          {"detector_at", last(CoverageSource::kGuardDuty)},
          {"heartbeat_at", last(CoverageSource::kHeartbeat)}};
}

}  // namespace

Response coverage_show(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto parameters = parameters_of(request);
  const auto asked = query::parse_coverage_request(parameters, schema::now_us());
  if (!asked) return problem_for(asked.error(), request);
  const auto coverage = query::coverage(warehouse, caller.scope, *asked);
  if (!coverage) return problem_for(coverage.error(), request);
  Json by_status = Json::object();
  for (const auto status : query::kCoverageStatuses)
    by_status[std::string(name_of(status))] = coverage->by_status[static_cast<std::size_t>(status)];
  Json accounts = Json::array(), cells = Json::array();
  for (const auto& account : coverage->accounts) accounts.push_back(account_json(account));
  for (const auto& cell : coverage->cells) cells.push_back(cell_json(cell, *coverage));
  return respond::json(dump({{"as_of", time_json(coverage->request.now_us)},
                             {"from_day", schema::format_day(coverage->from_day)},
                             {"days", coverage->request.days},
                             {"by_status", std::move(by_status)},
                             {"accounts", std::move(accounts)},
                             {"cells", std::move(cells)},
                             {"cells_total", coverage->cells_total}}));
}

}  // namespace backtrail::api
