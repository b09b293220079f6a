// bench_ask_jsonb --database-url URL --questions FILE: the questions of bench_ask to the table that bench_load_lines
// made, with prepared statements; the same lines as answers.
#include <CLI/CLI.hpp>
#include <libpq-fe.h>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/asking.hpp"

namespace backtrail::bench {
namespace {
using nlohmann::json;

const std::string kWithin = "record ->> 'eventTime' >= $2 AND record ->> 'eventTime' < $3";
const std::string kPrincipal = "split_part(record #>> '{userIdentity,principalId}', ':', 1) = $1";
// An instance is named wherever the record names it; a path that ends anywhere cannot use the index, so the paths that
// the sample's events have are spelled out, as somebody who knows the data would.
const std::string kInstance =
    "(record @> jsonb_build_object('requestParameters', jsonb_build_object('instancesSet', jsonb_build_object('items', "
    "jsonb_build_array(jsonb_build_object('instanceId', $1::text))))) OR split_part(record #>> "
    "'{userIdentity,principalId}', ':', 2) = $1 OR record @> jsonb_build_object('requestParameters', "
    "jsonb_build_object('instanceId', $1::text)))";
const std::map<std::string, std::pair<std::string, int>> kPages{
    {"user", {kPrincipal, 50}},
    {"access_key", {"record #>> '{userIdentity,accessKeyId}' = $1", 50}},
    {"instance", {kInstance, 50}},
    {"ip_address", {"record ->> 'sourceIPAddress' = $1", 1000}}};

class Connection {
 public:
  explicit Connection(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
    if (PQstatus(connection_) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_));
    for (const auto& [name, page] : kPages) {
      prepare(name + "_count", "SELECT count(*) FROM line WHERE " + page.first + " AND " + kWithin);
      prepare(name, "SELECT record ->> 'eventID', record::text FROM line WHERE " + page.first + " AND " + kWithin +
                        " ORDER BY record ->> 'eventTime' DESC, record ->> 'eventID' DESC LIMIT " +
                        std::to_string(page.second));
    }
    prepare("volume", "SELECT left(record ->> 'eventTime', 13) || ':00:00Z', count(*) FROM line WHERE " + kPrincipal +
                          " AND " + kWithin + " GROUP BY 1");
  }
  ~Connection() { PQfinish(connection_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Two columns of text for each row.
  std::vector<std::pair<std::string, std::string>> rows(const std::string& statement, const json& asked) {
    const std::string key = asked["key"], from = asked["from"], to = asked["to"];
    const char* values[] = {key.c_str(), from.c_str(), to.c_str()};
    PGresult* result = PQexecPrepared(connection_, statement.c_str(), 3, values, nullptr, nullptr, 0);
    check(result, PGRES_TUPLES_OK);
    std::vector<std::pair<std::string, std::string>> all;
    const bool two = PQnfields(result) > 1;
    for (int i = 0; i < PQntuples(result); ++i)
      all.emplace_back(PQgetvalue(result, i, 0), two ? PQgetvalue(result, i, 1) : "");
    PQclear(result);
    return all;
  }

 private:
  void check(PGresult* result, ExecStatusType wanted) {
    if (PQresultStatus(result) != wanted) throw std::runtime_error(PQerrorMessage(connection_));
  }
  void prepare(const std::string& name, const std::string& sql) {
    PGresult* result = PQprepare(connection_, name.c_str(), sql.c_str(), 3, nullptr);
    check(result, PGRES_COMMAND_OK);
    PQclear(result);
  }
  PGconn* connection_;
};

json answer(Connection& connection, const json& asked) {
  const std::string question = asked["question"];
  if (question == "volume") {
    json hours = json::object();
    for (const auto& [hour, calls] : connection.rows("volume", asked)) hours[hour] = std::stoull(calls);
    return hours;
  }
  const auto total = std::stoull(connection.rows(question + "_count", asked).at(0).first);
  json ids = json::array();
  for (const auto& [id, raw] : connection.rows(question, asked)) ids.push_back(id);
  return {{"total", total}, {"ids", ids}};
}

int run(const std::string& url, const std::string& file, bool cold) {
  Connection connection(url);
  ask_all(file, cold, [&](const json& asked) { return answer(connection, asked); });
  return 0;
}

}  // namespace
}  // namespace backtrail::bench

int main(int argc, char** argv) {
  CLI::App app("asks a jsonb table with indexes, with a clock");
  std::string url, file;
  bool cold = false;
  app.add_option("--database-url", url, "what bench_load_lines --layout jsonb made")->required();
  app.add_option("--questions", file, "JSON lines")->required();
  app.add_flag("--cold", cold, "ask each question once only");
  CLI11_PARSE(app, argc, argv);
  return backtrail::bench::run(url, file, cold);
}
