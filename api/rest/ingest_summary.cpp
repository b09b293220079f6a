#include "query/ingest_summary.hpp"

#include "api/rest/answer.hpp"
#include "api/rest/ingest_summary.hpp"
#include "api/rest/problem.hpp"

namespace backtrail::api {
namespace {

void put_counts(const query::RecordCounts& counts, Json& json) {
  json["received"] = counts.received;
  json["new"] = counts.fresh;
  json["duplicates"] = counts.duplicates;
  json["variants"] = counts.variants;
  json["updated"] = counts.updated;
  json["stale"] = counts.stale;
  json["quarantined"] = counts.quarantined;
}

Json kinds_json(const std::vector<query::KindCounts>& kinds) {
  Json json = Json::object();
  for (const auto& kind : kinds) put_counts(kind.counts, json[kind.kind]);
  return json;
}

// Anything that has deliveries, bytes, counts and kinds.
template <class Booked>
void put_books(const Booked& booked, Json& json) {
  json["deliveries"] = booked.deliveries;
  json["bytes"] = booked.bytes;
  put_counts(booked.counts, json);
  json["by_kind"] = kinds_json(booked.kinds);
}

}  // namespace

Response ingest_summary_show(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto range = query::parse_ingest_summary_request(parameters_of(request), schema::now_us());
  if (!range) return problem_for(range.error(), request);
  const auto summary = query::ingest_summary(warehouse, caller.scope, *range);
  if (!summary) return problem_for(summary.error(), request);
  Json answer{{"from", time_json(summary->range.from_us)}, {"to", time_json(summary->range.to_us)}};
  Json total = Json::object();
  put_books(*summary, total);
  answer["total"] = std::move(total);
  Json sources = Json::array();
  for (const auto& source : summary->sources) {
    Json json{{"door", source.door}, {"key_id", text_or_null(source.key_id)}};
    put_books(source, json);
    sources.push_back(std::move(json));
  }
  answer["sources"] = std::move(sources);
  return respond::json(dump(answer));
}

}  // namespace backtrail::api
