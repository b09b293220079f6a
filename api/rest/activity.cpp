#include "api/rest/activity.hpp"

#include <fmt/format.h>

#include "api/rest/event_json.hpp"
#include "api/rest/problem.hpp"
#include "query/export_writer.hpp"

namespace backtrail::api {
namespace {

schema::Result<query::EventFilter> filter_of(const Request& request, std::initializer_list<std::string_view> others) {
  const auto parameters = parameters_of(request, others);
  return query::parse_event_filter(parameters, schema::now_us());
}

}  // namespace

Response list_activity(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto filter = filter_of(request, {"limit", "cursor"});
  if (!filter) return problem_for(filter.error(), request);
  std::size_t limit = query::kPageRowsDefault;
  if (const auto text = request.query_value("limit")) {
    const auto parsed = query::parse_limit(*text);
    if (!parsed) return problem_for(parsed.error(), request);
    limit = *parsed;
  }
  const auto page =
      query::activity(warehouse, caller.scope, *filter, limit, request.query_value("cursor").value_or(""));
  if (!page) return problem_for(page.error(), request);
  return respond::json(activity_json(*page));
}

Response show_activity_summary(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto filter = filter_of(request, {});
  if (!filter) return problem_for(filter.error(), request);
  const auto summary = query::activity_summary(warehouse, caller.scope, *filter);
  if (!summary) return problem_for(summary.error(), request);
  const query::EventGroups& groups = summary->groups;
  Json json{{"total", groups.totals.total()}};
  json.update(outcomes_json(groups.totals));
  json["first_at"] = time_json(groups.first_us);
  json["last_at"] = time_json(groups.last_us);
  json["by_api"] = apis_json(groups.apis);
  json["by_account"] = accounts_json(groups.accounts, summary->account_names);
  json["by_region"] = values_json(groups.regions);
  json["by_ip"] = values_json(groups.ip_addresses);
  json["by_access_key"] = values_json(groups.access_keys);
  json["by_user_agent"] = values_json(groups.user_agents);
  json["by_session"] = values_json(groups.sessions);
  json["by_principal"] = values_json(groups.principals);
  return respond::json(dump(json));
}

namespace {

schema::Result<std::size_t> buckets_of(const Request& request) {
  const auto text = request.query_value("buckets");
  if (!text) return query::kBucketsMax;
  const auto parsed = query::parse_limit(*text);
  constexpr std::size_t kBucketsMin = 2;
  if (!parsed || *parsed < kBucketsMin || *parsed > query::kBucketsMax)
    return schema::fail(schema::Code::kBadParameter,
                        fmt::format("buckets: must be {} to {}", kBucketsMin, query::kBucketsMax));
  return *parsed;
}

}  // namespace

Response show_activity_volume(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto filter = filter_of(request, {"buckets", "limit"});
  if (!filter) return problem_for(filter.error(), request);
  const auto buckets_max = buckets_of(request);
  if (!buckets_max) return problem_for(buckets_max.error(), request);
  const auto volume = query::activity_volume(warehouse, caller.scope, *filter, *buckets_max);
  if (!volume) return problem_for(volume.error(), request);
  Json buckets = Json::array();
  for (const auto& bucket : volume->buckets) {
    Json item{{"at", time_json(bucket.at_us)}};
    item.update(outcomes_json(bucket.counts));
    buckets.push_back(std::move(item));
  }
  return respond::json(dump({{"bucket_seconds", volume->bucket_seconds},
                             {"from", time_json(volume->range.from_us)},
                             {"to", time_json(volume->range.to_us)},
                             {"buckets", std::move(buckets)}}));
}

namespace {

struct EventExport {
  query::ActivityExport events;
  query::ExportFormat format;
  bool with_raw;
  bool first = true;

  bool pull(std::string& out) {
    if (first && format == query::ExportFormat::kCsv) query::append_csv_row(event_csv_header(with_raw), out);
    first = false;
    const auto piece =
        events.next().value();  // an error cuts the connection, so that a part is never taken for the whole
    for (const auto& view : piece) write(view, out);
    return piece.size() >= query::kExportPageEvents;
  }
  void write(const query::EventView& view, std::string& out) const {
    if (format == query::ExportFormat::kCsv)
      query::append_csv_row(event_csv_cells(view, with_raw), out);
    else if (with_raw)
      query::append_ndjson_line(event_row_with_record(view), out);
    else
      query::append_ndjson_line(dump(event_row_json(view)), out);
  }
};

}  // namespace

Response export_activity(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto format = query::parse_export_format(request.query_value("format").value_or("csv"));
  if (!format) return problem_for(format.error(), request);
  const auto with_raw = query::parse_flag("raw", request.query_value("raw").value_or("false"));
  if (!with_raw) return problem_for(with_raw.error(), request);
  const auto filter = filter_of(request, {"format", "raw"});
  if (!filter) return problem_for(filter.error(), request);
  auto events = query::ActivityExport::open(warehouse, caller.scope, *filter);
  if (!events) return problem_for(events.error(), request);
  const auto rows = std::make_shared<EventExport>(EventExport{std::move(*events), *format, *with_raw});
  Response response =
      respond::stream([rows](std::string& out) { return rows->pull(out); }, query::media_type_of(*format));
  response.headers.set("Content-Disposition",
                       fmt::format("attachment; filename=\"activity.{}\"", query::name_of(*format)));
  return response;
}

}  // namespace backtrail::api
