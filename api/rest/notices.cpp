#include "api/rest/notices.hpp"

#include "api/rest/answer.hpp"
#include "api/rest/problem.hpp"
#include "query/notice_queries.hpp"

namespace backtrail::api {
namespace {

Json row_json(const query::NoticeRow& row) {
  return {{"notice_id", row.notice_id},
          {"account_id", text_or_null(row.account_id)},
          {"kind", row.kind},
          {"source", row.source},
          {"detail_type", row.detail_type},
          {"region", row.region},
          {"subject", row.subject},
          {"time", time_json(row.time_us)},
          {"first_received_at", time_json(row.first_received_us)},
          {"door", row.door},
          {"bytes", row.bytes}};
}

}  // namespace

Response notices_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto parameters = parameters_of(request);
  const auto asked = query::parse_notice_request(parameters);
  if (!asked) return problem_for(asked.error(), request);
  const auto page = query::notice_page(warehouse, caller.scope, *asked);
  if (!page) return problem_for(page.error(), request);
  Json list = Json::array();
  for (const auto& row : page->rows) list.push_back(row_json(row));
  return respond::json(
      dump({{"notices", std::move(list)}, {"total", page->total}, {"next_cursor", or_null(page->next_cursor)}}));
}

Response notices_raw(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  auto raw = query::notice_raw(warehouse, caller.scope, request.path_parameter("notice_id"));
  if (!raw) return problem_for(raw.error(), request);
  return respond::json(std::move(*raw));
}

}  // namespace backtrail::api
