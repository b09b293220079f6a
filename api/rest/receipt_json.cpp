#include "api/rest/receipt_json.hpp"

namespace backtrail::api {
namespace {

Json counts_json(const ingest::OutcomeCounts& counts) {
  Json json{{"received", counts.received}};
  for (const auto& [outcome, count] : counts.outcomes()) json[std::string(outcome)] = count;
  return json;
}

}  // namespace

Json receipt_counts_json(const ingest::Receipt& receipt) {
  Json json = counts_json(receipt);
  Json kinds = Json::object();
  for (const ingest::RecordKind kind : ingest::kRecordKinds)
    if (receipt.of(kind).received > 0) kinds[std::string(name_of(kind))] = counts_json(receipt.of(kind));
  json["by_kind"] = std::move(kinds);
  return json;
}

}  // namespace backtrail::api
