#include "query/findings/summary.hpp"

#include "api/rest/finding_json.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/summary.hpp"

namespace backtrail::api {
namespace {

Json by_severity_json(const query::SeverityCounts& counts) {
  Json list = Json::array();
  for (const schema::Severity severity : schema::kSeverities)
    list.push_back({{"severity_label", name_of(severity)}, {"count", counts[static_cast<std::size_t>(severity)]}});
  return list;
}

Json by_day_json(const std::vector<query::DayCounts>& days) {
  Json list = Json::array();
  for (const auto& day : days) {
    Json item{{"day", schema::format_day(day.day)}};
    for (const schema::Severity severity : schema::kSeverities)
      item[std::string(name_of(severity))] = day.counts[static_cast<std::size_t>(severity)];
    list.push_back(std::move(item));
  }
  return list;
}

Json account_region_json(const std::vector<query::AccountRegionCounts>& cells) {
  Json list = Json::array();
  for (const auto& cell : cells)
    list.push_back({{"account_id", cell.account_id},
                    {"account_name", or_null(cell.account_name)},
                    {"region", cell.region},
                    {"open", cell.open},
                    {"findings", cell.findings},
                    {"highest", name_of(cell.highest)}});
  return list;
}

Json by_type_json(const std::vector<query::TypeCounts>& types) {
  Json list = Json::array();
  for (const auto& type : types)
    list.push_back({{"type", type.type},
                    {"count", type.count},
                    {"occurrences", type.occurrences},
                    {"highest", name_of(type.highest)}});
  return list;
}

Json top_entities_json(const std::vector<query::TopEntity>& entities) {
  Json list = Json::array();
  for (const auto& top : entities) {
    Json item = entity_json(top.entity);
    item["findings"] = top.findings;
    item["accounts"] = top.accounts;
    item["last_seen_at"] = time_json(top.last_seen_us);
    list.push_back(std::move(item));
  }
  return list;
}

}  // namespace

Response summary_show(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto parameters = parameters_of(request);
  const auto asked = query::parse_summary_request(parameters, schema::now_us());
  if (!asked) return problem_for(asked.error(), request);
  const auto s = query::summary(warehouse, caller.scope, *asked);
  if (!s) return problem_for(s.error(), request);
  return respond::json(
      dump({{"from", time_json(s->request.range.from_us)},
            {"to", time_json(s->request.range.to_us)},
            {"totals",
             {{"findings", s->findings},
              {"open", s->open},
              {"occurrences", s->occurrences},
              {"events", or_null(s->events)},
              {"quarantined", s->quarantined},
              {"accounts_reporting", s->accounts_reporting},
              {"accounts_registered", s->accounts_registered}}},
            {"open_by_severity", by_severity_json(s->open_by_severity)},
            {"oldest_unassigned", s->oldest_unassigned ? finding_row_json(*s->oldest_unassigned) : Json(nullptr)},
            {"by_day", by_day_json(s->by_day)},
            {"account_region", account_region_json(s->account_region)},
            {"by_type", by_type_json(s->by_type)},
            {"newest", finding_rows_json(s->newest)},
            {"top_entities", top_entities_json(s->top_entities)}}));
}

}  // namespace backtrail::api
