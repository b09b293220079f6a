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
// What an instance did is found by its session's name; what names it by containment, in the places where those who know
// the data know ids of instances to be. Every part can use an index. Other places stay unfound: only a scan of all text
// would find those.
const std::string kInstance =
    "(split_part(record #>> '{userIdentity,principalId}', ':', 2) = $1"
    " OR record @> jsonb_build_object('requestParameters', jsonb_build_object('instanceId', $1::text))"
    " OR record @> jsonb_build_object('requestParameters', jsonb_build_object('instancesSet', jsonb_build_object("
    "'items', jsonb_build_array(jsonb_build_object('instanceId', $1::text)))))"
    " OR record @> jsonb_build_object('responseElements', jsonb_build_object('instancesSet', jsonb_build_object("
    "'items', jsonb_build_array(jsonb_build_object('instanceId', $1::text))))))";
const std::map<std::string, std::pair<std::string, int>> kPages{
    {"user", {kPrincipal, 50}},
    {"user_day", {kPrincipal, 50}},
    {"access_key", {"record #>> '{userIdentity,accessKeyId}' = $1", 50}},
    {"instance", {kInstance, 50}},
    {"ip_address", {"record ->> 'sourceIPAddress' = $1", 1000}}};
const std::string kByHour = "SELECT left(record ->> 'eventTime', 13) || ':00:00Z', count(*) FROM line WHERE ";
const std::string kByDay = "SELECT left(record ->> 'eventTime', 10) || 'T00:00:00Z', count(*) FROM line WHERE ";
const std::string kTimes = "SELECT min(record ->> 'eventTime'), max(record ->> 'eventTime') FROM line WHERE ";
const std::map<std::string, std::string> kStatements{
    {"volume", kByHour + kPrincipal + " AND " + kWithin + " GROUP BY 1"},
    {"first_seen", kTimes + "record ->> 'sourceIPAddress' = $1 AND $2::text IS NOT NULL AND $3::text IS NOT NULL"},
    {"all_days", kByDay + kWithin + " AND $1::text IS NOT NULL GROUP BY 1"},
    {"service_days", kByDay + "record ->> 'eventSource' = $1 AND " + kWithin + " GROUP BY 1"}};

class Connection {
 public:
  Connection(const std::string& url, int limit_ms) : connection_(PQconnectdb(url.c_str())) {
    if (PQstatus(connection_) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_));
    PQclear(PQexec(connection_, ("SET statement_timeout = " + std::to_string(limit_ms)).c_str()));
    for (const auto& [name, page] : kPages) {
      prepare(name + "_count", "SELECT count(*) FROM line WHERE " + page.first + " AND " + kWithin);
      prepare(name, "SELECT record ->> 'eventID', record::text FROM line WHERE " + page.first + " AND " + kWithin +
                        " ORDER BY record ->> 'eventTime' DESC, record ->> 'eventID' DESC LIMIT " +
                        std::to_string(page.second));
    }
    for (const auto& [name, sql] : kStatements) prepare(name, sql);
  }
  ~Connection() { PQfinish(connection_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int server_pid() const { return PQbackendPID(connection_); }

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
    if (PQresultStatus(result) == wanted) return;
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const bool timeout = state != nullptr && std::string_view(state) == "57014";
    PQclear(result);
    if (timeout) throw OverLimit();
    throw std::runtime_error(PQerrorMessage(connection_));
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
  if (question == "first_seen") {
    const auto times = connection.rows(question, asked).at(0);
    return {{"first", times.first}, {"last", times.second}};
  }
  if (kStatements.contains(question)) {
    json buckets = json::object();
    for (const auto& [at, calls] : connection.rows(question, asked)) buckets[at] = std::stoull(calls);
    return buckets;
  }
  const auto total = std::stoull(connection.rows(question + "_count", asked).at(0).first);
  json ids = json::array();
  for (const auto& [id, raw] : connection.rows(question, asked)) ids.push_back(id);
  return {{"total", total}, {"ids", ids}};
}

int run(const std::string& url, int limit_ms, AskOptions options) {
  Connection connection(url, limit_ms);
  options.server_pid = connection.server_pid();
  ask_all(options, [&](const json& asked) { return answer(connection, asked); });
  return 0;
}

}  // namespace
}  // namespace backtrail::bench

int main(int argc, char** argv) {
  CLI::App app("asks a jsonb table with indexes, with a clock");
  std::string url;
  int limit_ms = 0;
  backtrail::bench::AskOptions options;
  app.add_option("--database-url", url, "what bench_load_lines --layout jsonb made")->required();
  app.add_option("--questions", options.file, "JSON lines")->required();
  app.add_flag("--cold", options.cold, "ask each question once only");
  app.add_option("--budget-s", options.budget_s, "seconds for one kind of question");
  app.add_option("--limit-ms", limit_ms, "of one statement");
  CLI11_PARSE(app, argc, argv);
  return backtrail::bench::run(url, limit_ms, options);
}
