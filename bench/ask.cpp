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
#include "query/entity/entity_profile.hpp"

namespace backtrail::bench {
namespace {
using nlohmann::json;

constexpr std::size_t kPageEvents = 50, kListEvents = 1000;
constexpr std::size_t kHoursMax = 2400, kDaysMax = 120;

template <typename T>
T must(schema::Result<T> result) {
  if (!result && result.error().code == schema::Code::kTimeout) throw OverLimit();
  if (!result) throw std::runtime_error(result.error().detail);
  return std::move(*result);
}

// `parameter` null: of everybody. Events that name a user or a key are left out, because the others do not find them.
query::EventFilter filter_of(const json& asked, const char* parameter) {
  std::vector<query::Parameter> parameters{{"from", asked["from"].get<std::string>()},
                                           {"to", asked["to"].get<std::string>()}};
  const std::string_view name = parameter == nullptr ? "" : parameter;
  if (name == "principal" || name == "access_key") parameters.emplace_back("direction", "by");
  if (parameter != nullptr) parameters.emplace_back(parameter, asked["key"].get<std::string>());
  return must(query::parse_event_filter(parameters, schema::now_us()));
}

json page_of(const query::Warehouse& warehouse, const query::EventFilter& filter, std::size_t limit) {
  const auto page = must(query::activity(warehouse, schema::AccountScope::all(), filter, limit, ""));
  json ids = json::array();
  for (const auto& view : page.events) ids.push_back(schema::to_string(view.position().event_id));
  return {{"total", page.total}, {"ids", ids}};
}

json volume_of(const query::Warehouse& warehouse, const query::EventFilter& filter, std::size_t buckets_max) {
  const auto volume = must(query::activity_volume(warehouse, schema::AccountScope::all(), filter, buckets_max));
  json hours = json::object();
  for (const auto& bucket : volume.buckets)
    if (bucket.counts.total() > 0) hours[schema::format_rfc3339(bucket.at_us)] = bucket.counts.total();
  return hours;
}

json seen_of(const query::Warehouse& warehouse, const json& asked) {
  const schema::Entity entity{schema::EntityKind::kIpAddress, asked["key"], {}};
  const auto seen = must(query::entity_seen(warehouse, schema::AccountScope::all(), entity));
  return {{"first", schema::format_rfc3339(seen.first_us.value_or(0))},
          {"last", schema::format_rfc3339(seen.last_us.value_or(0))}};
}

using Question = std::function<json(const query::Warehouse&, const json&)>;
const std::map<std::string, Question> kQuestions{
    {"user", [](const auto& w, const json& q) { return page_of(w, filter_of(q, "principal"), kPageEvents); }},
    {"user_day", [](const auto& w, const json& q) { return page_of(w, filter_of(q, "principal"), kPageEvents); }},
    {"access_key", [](const auto& w, const json& q) { return page_of(w, filter_of(q, "access_key"), kPageEvents); }},
    {"instance", [](const auto& w, const json& q) { return page_of(w, filter_of(q, "instance"), kPageEvents); }},
    {"ip_address", [](const auto& w, const json& q) { return page_of(w, filter_of(q, "ip_address"), kListEvents); }},
    {"volume", [](const auto& w, const json& q) { return volume_of(w, filter_of(q, "principal"), kHoursMax); }},
    {"first_seen", [](const auto& w, const json& q) { return seen_of(w, q); }},
    {"all_days", [](const auto& w, const json& q) { return volume_of(w, filter_of(q, nullptr), kDaysMax); }},
    {"service_days", [](const auto& w, const json& q) { return volume_of(w, filter_of(q, "service"), kDaysMax); }}};

int run(const std::string& url, AskOptions options) {
  const auto access = must(commands::WarehouseAccess::open({.database_url = url}));
  schema::Database database(access->role("api", 1));
  const auto key = must(ingest::read_hash_key(database));
  const query::Warehouse warehouse{database, key};
  // There is one connection.
  options.server_pid =
      must(database.read(schema::AccountScope::none(), [](schema::Transaction& tx) -> schema::Result<int> {
        return tx.exec_text("SELECT pg_backend_pid()")[0][0].as<int>();
      }));
  ask_all(options, [&](const json& asked) { return kQuestions.at(asked["question"])(warehouse, asked); });
  return 0;
}

}  // namespace
}  // namespace backtrail::bench

int main(int argc, char** argv) {
  CLI::App app("asks Backtrail's query layer, with a clock");
  std::string url;
  backtrail::bench::AskOptions options;
  app.add_option("--database-url", url, "a warehouse")->required();
  app.add_option("--questions", options.file, "JSON lines")->required();
  app.add_flag("--cold", options.cold, "ask each question once only");
  app.add_option("--budget-s", options.budget_s, "seconds for one kind of question");
  CLI11_PARSE(app, argc, argv);
  return backtrail::bench::run(url, options);
}
