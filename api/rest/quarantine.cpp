#include "api/rest/quarantine.hpp"

#include "api/rest/answer.hpp"
#include "api/rest/problem.hpp"
#include "query/quarantine_queries.hpp"

namespace backtrail::api {
namespace {

Json row_json(const query::QuarantineRow& row) {
  return {{"quarantine_id", row.quarantine_id},
          {"account_id", text_or_null(row.account_id)},
          {"reason", row.reason},
          {"detail", row.detail},
          {"door", row.door},
          {"origin", row.origin},
          {"position", row.position},
          {"bytes", row.bytes},
          {"sha256", row.sha256},
          {"received_at", time_json(row.received_us)}};
}

}  // namespace

Response quarantine_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto parameters = parameters_of(request);
  const auto asked = query::parse_quarantine_request(parameters);
  if (!asked) return problem_for(asked.error(), request);
  const auto page = query::quarantine_page(warehouse, caller.scope, *asked);
  if (!page) return problem_for(page.error(), request);
  Json list = Json::array();
  for (const auto& row : page->rows) list.push_back(row_json(row));
  return respond::json(
      dump({{"quarantine", std::move(list)}, {"total", page->total}, {"next_cursor", or_null(page->next_cursor)}}));
}

Response quarantine_show(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto row = query::quarantine_detail(warehouse, caller.scope, request.path_parameter("quarantine_id"));
  if (!row) return problem_for(row.error(), request);
  return respond::json(dump(row_json(*row)));
}

Response quarantine_raw(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  auto raw = query::quarantine_raw(warehouse, caller.scope, request.path_parameter("quarantine_id"));
  if (!raw) return problem_for(raw.error(), request);
  // Somebody else's bytes: never anything that a browser would run.
  Response response = respond::bytes(std::move(*raw), "application/octet-stream");
  response.headers.set("Content-Disposition", "attachment; filename=\"quarantined.bin\"");
  return response;
}

Response alerts_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto alerts = query::alert_list(warehouse, caller.scope);
  if (!alerts) return problem_for(alerts.error(), request);
  Json list = Json::array();
  for (const auto& alert : alerts->rows)
    list.push_back({{"kind", alert.kind},
                    {"account_id", text_or_null(alert.account_id)},
                    {"subject", alert.subject},
                    {"detail", alert.detail},
                    {"raised_at", time_json(alert.raised_us)}});
  return respond::json(dump({{"alerts", std::move(list)}, {"total", alerts->total}}));
}

}  // namespace backtrail::api
