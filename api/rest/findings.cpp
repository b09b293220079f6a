#include "api/rest/findings.hpp"

#include <fmt/format.h>

#include "api/rest/finding_json.hpp"
#include "api/rest/problem.hpp"
#include "query/export_writer.hpp"
#include "query/findings/finding_queries.hpp"

namespace backtrail::api {

Response findings_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto parameters = parameters_of(request);
  const auto asked = query::parse_finding_page(parameters);
  if (!asked) return problem_for(asked.error(), request);
  const auto page = query::finding_page(warehouse, caller.scope, *asked);
  if (!page) return problem_for(page.error(), request);
  return respond::json(dump({{"findings", finding_rows_json(page->rows)},
                             {"total", page->total},
                             {"next_cursor", or_null(page->next_cursor)}}));
}

Response findings_facets(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  // The list's own parameters are bearable: whoever shows a list asks for its facets with the same ones.
  const auto parameters = parameters_of(request);
  const auto asked = query::parse_finding_page(parameters);
  if (!asked) return problem_for(asked.error(), request);
  const auto facets = query::finding_facets(warehouse, caller.scope, asked->filter);
  if (!facets) return problem_for(facets.error(), request);
  Json lists = Json::object();
  for (const auto& facet : facets->facets) {
    Json& list = lists[facet.name] = Json::array();
    for (const auto& value : facet.values) {
      Json item{{"value", value.value}, {"count", value.count}};
      if (value.label) item["label"] = *value.label;
      list.push_back(std::move(item));
    }
  }
  return respond::json(dump(
      {{"total", facets->totals.total}, {"occurrences", facets->totals.occurrences}, {"facets", std::move(lists)}}));
}

namespace {

// An export's rows, a piece at a time: the keys are of one snapshot, the rows are read when the client takes them.
struct FindingExport {
  query::Warehouse warehouse;
  schema::AccountScope scope;
  query::ExportFormat format;
  std::vector<query::FindingKey> keys;
  std::size_t next = 0;

  bool pull(std::string& out) {
    if (next == 0 && format == query::ExportFormat::kCsv) query::append_csv_row(finding_csv_header(), out);
    const std::size_t end = std::min(keys.size(), next + query::kExportPieceRows);
    const auto rows = query::finding_rows(
        warehouse, scope,
        {keys.begin() + static_cast<std::ptrdiff_t>(next), keys.begin() + static_cast<std::ptrdiff_t>(end)});
    for (const auto& row : rows.value()) {
      if (format == query::ExportFormat::kCsv)
        query::append_csv_row(finding_csv_cells(row), out);
      else
        query::append_ndjson_line(dump(finding_row_json(row)), out);
    }
    next = end;
    return next < keys.size();
  }
};

}  // namespace

Response findings_export(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto format = query::parse_export_format(request.query_value("format").value_or("csv"));
  if (!format) return problem_for(format.error(), request);
  const auto parameters = parameters_of(request, {"format"});
  const auto asked = query::parse_finding_page(parameters);
  if (!asked) return problem_for(asked.error(), request);
  auto keys = query::finding_export_keys(warehouse, caller.scope, *asked);
  if (!keys) return problem_for(keys.error(), request);
  const auto rows =
      std::make_shared<FindingExport>(FindingExport{warehouse, caller.scope, *format, std::move(*keys), 0});
  Response response =
      respond::stream([rows](std::string& out) { return rows->pull(out); }, query::media_type_of(*format));
  response.headers.set("Content-Disposition",
                       fmt::format("attachment; filename=\"findings.{}\"", query::name_of(*format)));
  return response;
}

Response finding_show(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto detail =
      query::finding_detail(warehouse, caller.scope, request.path_parameter("finding_id"), schema::now_us());
  if (!detail) return problem_for(detail.error(), request);
  return respond::json(dump(finding_detail_json(*detail)));
}

Response finding_raw(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  auto raw =
      query::finding_raw(warehouse, caller.scope, request.path_parameter("finding_id"), request.query_value("version"));
  if (!raw) return problem_for(raw.error(), request);
  return respond::bytes(std::move(*raw), "application/json");
}

}  // namespace backtrail::api
