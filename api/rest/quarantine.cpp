#include "api/rest/quarantine.hpp"

#include "api/rest/problem.hpp"
#include "api/rest/quarantine_json.hpp"
#include "ingest/quarantine/replay.hpp"
#include "query/quarantine_queries.hpp"

namespace backtrail::api {
namespace {

Response replay_answer(const Request& request, const ReplayRights& rights,
                       const std::vector<ingest::QuarantineKey>& records, std::int64_t remaining) {
  const auto report = ingest::replay(rights.pipeline, rights.ingest, records, kReplayPatience);
  if (!report) return problem_for(report.error(), request);
  return respond::json(dump(replay_json(*report, remaining)));
}

}  // namespace

Response quarantine_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto parameters = parameters_of(request);
  const auto asked = query::parse_quarantine_request(parameters);
  if (!asked) return problem_for(asked.error(), request);
  const auto page = query::quarantine_page(warehouse, caller.scope, *asked);
  if (!page) return problem_for(page.error(), request);
  Json list = Json::array();
  for (const auto& row : page->rows) list.push_back(quarantine_row_json(row));
  return respond::json(
      dump({{"quarantine", std::move(list)}, {"total", page->total}, {"next_cursor", or_null(page->next_cursor)}}));
}

Response quarantine_show(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto row = query::quarantine_detail(warehouse, caller.scope, request.path_parameter("quarantine_id"));
  if (!row) return problem_for(row.error(), request);
  return respond::json(dump(quarantine_row_json(*row)));
}

Response quarantine_raw(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  auto raw = query::quarantine_raw(warehouse, caller.scope, request.path_parameter("quarantine_id"));
  if (!raw) return problem_for(raw.error(), request);
  // Somebody else's bytes: never anything that a browser would run.
  Response response = respond::bytes(std::move(*raw), "application/octet-stream");
  response.headers.set("Content-Disposition", "attachment; filename=\"quarantined.bin\"");
  return response;
}

Response quarantine_reasons(const Request&, const Caller&, const query::Warehouse&) {
  Json list = Json::array();
  for (const ingest::Reason& reason : ingest::kReasons)
    list.push_back({{"reason", reason.code}, {"meaning", reason.meaning}, {"advice", reason.advice}});
  return respond::json(dump({{"reasons", std::move(list)}}));
}

Response quarantine_replay_one(const Request& request, const Caller& caller, const ReplayRights& rights) {
  const std::string_view text = request.path_parameter("quarantine_id");
  // Seen by the caller, or it does not exist.
  const auto row = query::quarantine_detail(rights.warehouse, caller.scope, text);
  if (!row) return problem_for(row.error(), request);
  const auto id = query::parse_record_id(text);
  return replay_answer(request, rights, {{id->account_id, id->id}}, 0);
}

Response quarantine_replay_all(const Request& request, const Caller& caller, const ReplayRights& rights) {
  auto asked = query::parse_quarantine_request(parameters_of(request));
  if (!asked) return problem_for(asked.error(), request);
  asked->open = true;
  asked->page.limit = kReplayRecordsMax;
  const auto page = query::quarantine_page(rights.warehouse, caller.scope, *asked);
  if (!page) return problem_for(page.error(), request);
  std::vector<ingest::QuarantineKey> records;
  for (const auto& row : page->rows) {
    const auto id = query::parse_record_id(row.quarantine_id);
    records.push_back({id->account_id, id->id});
  }
  return replay_answer(request, rights, records, page->total - static_cast<std::int64_t>(records.size()));
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
