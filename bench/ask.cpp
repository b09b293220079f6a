// bench_ask --database-url URL --questions FILE [--cold]: asks our query layer the questions of bench/asking.hpp.
#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "deploy/commands/warehouse_access.hpp"

#include "bench/asking.hpp"
#include "ingest/pipeline.hpp"
#include "query/entity/activity.hpp"

namespace backtrail::bench {
namespace {
using nlohmann::json;

constexpr std::size_t kPageEvents = 50, kListEvents = 1000;
constexpr std::size_t kHoursMax = 2400;

template <typename T>
T must(schema::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().detail);
  return std::move(*result);
}

query::EventFilter filter_of(const json& asked, const char* parameter) {
  const std::vector<query::Parameter> parameters{{parameter, asked["key"].get<std::string>()},
                                                 {"from", asked["from"].get<std::string>()},
                                                 {"to", asked["to"].get<std::string>()}};
  return must(query::parse_event_filter(parameters, schema::now_us()));
}

json page_of(const query::Warehouse& warehouse, const query::EventFilter& filter, std::size_t limit) {
  const auto page = must(query::activity(warehouse, schema::AccountScope::all(), filter, limit, ""));
  json ids = json::array();
  for (const auto& view : page.events) ids.push_back(schema::to_string(view.event.event_id));
  return {{"total", page.total}, {"ids", ids}};
}

json hours_of(const query::Warehouse& warehouse, const query::EventFilter& filter) {
  const auto volume = must(query::activity_volume(warehouse, schema::AccountScope::all(), filter, kHoursMax));
  json hours = json::object();
  for (const auto& bucket : volume.buckets)
    if (bucket.counts.total() > 0) hours[schema::format_rfc3339(bucket.at_us)] = bucket.counts.total();
  return hours;
}

using Question = std::function<json(const query::Warehouse&, const json&)>;
const std::map<std::string, Question> kQuestions{
    {"user", [](const auto& w, const json& q) { return page_of(w, filter_of(q, "principal"), kPageEvents); }},
    {"access_key", [](const auto& w, const json& q) { return page_of(w, filter_of(q, "access_key"), kPageEvents); }},
    {"instance", [](const auto& w, const json& q) { return page_of(w, filter_of(q, "instance"), kPageEvents); }},
    {"ip_address", [](const auto& w, const json& q) { return page_of(w, filter_of(q, "ip_address"), kListEvents); }},
    {"volume", [](const auto& w, const json& q) { return hours_of(w, filter_of(q, "principal")); }}};

int run(const std::string& url, const std::string& file, bool cold) {
  const auto access = must(commands::WarehouseAccess::open({.database_url = url}));
  schema::Database database(access->role("api", 1));
  const auto key = must(ingest::read_hash_key(database));
  const query::Warehouse warehouse{database, key};
  ask_all(file, cold, [&](const json& asked) { return kQuestions.at(asked["question"])(warehouse, asked); });
  return 0;
}

}  // namespace
}  // namespace backtrail::bench

int main(int argc, char** argv) {
  CLI::App app("asks Backtrail's query layer, with a clock");
  std::string url, file;
  bool cold = false;
  app.add_option("--database-url", url, "a warehouse")->required();
  app.add_option("--questions", file, "JSON lines")->required();
  app.add_flag("--cold", cold, "ask each question once only");
  CLI11_PARSE(app, argc, argv);
  return backtrail::bench::run(url, file, cold);
}
