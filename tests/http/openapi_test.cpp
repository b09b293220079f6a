// The OpenAPI document tells what is served: every route and nothing else, every filter by its name, examples that fit.
#include <backtrail_openapi.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "api/app.hpp"
#include "query/event_reader/event_filter.hpp"
#include "query/findings/finding_filter.hpp"
#include "tests/support/test_database.hpp"

namespace backtrail::api {
namespace {

using nlohmann::json;

const json& document() {
  static const json parsed = json::parse(backtrail_openapi());
  return parsed;
}

// "GET /path" of everything that the document describes.
std::set<std::string> described() {
  std::set<std::string> routes;
  for (const auto& [path, operations] : document()["paths"].items())
    for (const auto& [method, operation] : operations.items()) {
      std::string name = method;
      for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
      routes.insert(name + " " + path);
    }
  return routes;
}

std::vector<json> parameters_of(const std::string& path) {
  std::vector<json> parameters;
  for (const auto& one : document()["paths"][path]["get"]["parameters"])
    parameters.push_back(one.contains("$ref") ? document()[json::json_pointer(one["$ref"].get<std::string>().substr(1))]
                                              : one);
  return parameters;
}

// A value that the parameter's schema allows.
std::string value_for(const json& parameter) {
  const std::string name = parameter["name"];
  if (parameter.contains("example"))
    return parameter["example"].is_array() ? parameter["example"][0].get<std::string>()
                                           : parameter["example"].get<std::string>();
  const json schema =
      parameter["schema"].value("type", "") == "array" ? parameter["schema"]["items"] : parameter["schema"];
  if (schema.contains("enum")) return schema["enum"][0];
  if (schema.contains("default") && schema["default"].is_number()) return schema["default"].dump();
  if (schema.value("type", "") == "boolean") return "true";
  if (const auto pattern = schema.value("pattern", ""); pattern.find('(') != std::string::npos)
    return pattern.substr(pattern.find('(') + 1, pattern.find('|') - pattern.find('(') - 1);
  return "x";
}

TEST(OpenApiTest, DescribesEveryRouteAndNoOther) {
  testing::TestDatabase database;
  schema::Database api({.connection_string = database.connection_string("backtrail_api")});
  schema::Database maintenance({.connection_string = database.connection_string("backtrail_maintenance")});
  AppOptions options;
  options.api = &api;
  options.maintenance = &maintenance;
  App app(options);
  const Router router = app.router();
  std::set<std::string> served;
  for (const auto& route : router.routes()) {
    std::string pattern = route->pattern;
    // A path's last parameter may hold slashes here; OpenAPI has no word for that.
    if (pattern.ends_with("*}")) pattern.replace(pattern.size() - 2, 2, "}");
    served.insert(std::string(method_name(route->method)) + " " + pattern);
  }
  // Doors are open, and replays are made, only when there is a pipeline behind them.
  served.insert({"POST /api/v1/quarantine/replay", "POST /api/v1/quarantine/{quarantine_id}/replay"});
  served.insert({"POST /ingest/eventbridge", "POST /ingest/raw"});
  EXPECT_EQ(served, described());
}

TEST(OpenApiTest, NamesTheFiltersOfFindings) {
  for (const std::string path : {"/api/v1/findings", "/api/v1/findings/facets", "/api/v1/findings/export"}) {
    for (const auto& parameter : parameters_of(path)) {
      const std::string name = parameter["name"];
      if (name == "format" || name == "cursor") continue;
      const std::vector<query::Parameter> asked{{name, value_for(parameter)}};
      const auto parsed = query::parse_finding_page(asked);
      EXPECT_TRUE(parsed.has_value()) << path << " " << name << "=" << asked[0].second << ": "
                                      << (parsed ? "" : parsed.error().detail);
    }
  }
  EXPECT_EQ(parameters_of("/api/v1/findings").size(), 27U);
}

TEST(OpenApiTest, NamesTheFiltersOfActivity) {
  constexpr std::int64_t kNow = 1'800'000'000'000'000;
  const std::set<std::string> needs_others{"limit", "cursor", "lane", "scope", "from", "to"};
  for (const auto& parameter : parameters_of("/api/v1/activity")) {
    const std::string name = parameter["name"];
    if (needs_others.contains(name)) continue;
    const std::vector<query::Parameter> asked{{name, value_for(parameter)}};
    const auto parsed = query::parse_event_filter(asked, kNow);
    EXPECT_TRUE(parsed.has_value()) << name << "=" << asked[0].second << ": " << (parsed ? "" : parsed.error().detail);
  }
}

TEST(OpenApiTest, PointsToWhatIsThere) {
  const std::string text(backtrail_openapi());
  for (auto at = text.find("\"#/"); at != std::string::npos; at = text.find("\"#/", at + 1)) {
    const auto pointer = text.substr(at + 2, text.find('"', at + 1) - at - 2);
    EXPECT_TRUE(document().contains(json::json_pointer(pointer))) << pointer;
  }
}

}  // namespace
}  // namespace backtrail::api
