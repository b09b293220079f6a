// bench_load_lines --layout copy|jsonb --database-url URL PATH: what people do without Backtrail, as a contestant.
//
// copy: COPY of the JSON lines into one text column, logged, nothing else: the fastest that PostgreSQL takes them in.
// jsonb: the table that most people build: jsonb, four expression B-trees, one GIN. No deduplication in either.
// Prints one JSON line: events, bytes, seconds.
#include <CLI/CLI.hpp>
#include <chrono>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <stdexcept>
#include <thread>

#include "bench/trail_files.hpp"

namespace backtrail::bench {
namespace {

constexpr std::size_t kTransactionEvents = 50'000;  // generous: a COPY that seldom ends
constexpr std::size_t kBufferBytes = std::size_t{1} << 20U;

constexpr const char* kCopyTables = "CREATE TABLE line (record text)";
// The principal as CloudTrail writes it: the unique id before the colon, the session's name behind it. bench_ask_jsonb
// uses them all.
constexpr const char* kJsonbTables =
    "CREATE TABLE line (record jsonb);"
    "CREATE INDEX ON line (split_part(record #>> '{userIdentity,principalId}', ':', 1), (record ->> 'eventTime'));"
    "CREATE INDEX ON line ((record #>> '{userIdentity,accessKeyId}'), (record ->> 'eventTime'));"
    "CREATE INDEX ON line ((record ->> 'sourceIPAddress'), (record ->> 'eventTime'));"
    "CREATE INDEX ON line (split_part(record #>> '{userIdentity,principalId}', ':', 2), (record ->> 'eventTime'));"
    "CREATE INDEX ON line USING gin (record jsonb_path_ops)";

class Connection {
 public:
  explicit Connection(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
    if (PQstatus(connection_) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_));
  }
  ~Connection() { PQfinish(connection_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void run(const char* sql) {
    PGresult* result = PQexec(connection_, sql);
    const auto status = PQresultStatus(result);
    PQclear(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_COPY_IN) throw std::runtime_error(PQerrorMessage(connection_));
  }
  void send(const std::string& bytes) {
    if (PQputCopyData(connection_, bytes.data(), static_cast<int>(bytes.size())) != 1)
      throw std::runtime_error(PQerrorMessage(connection_));
  }
  void end_copy() {
    if (PQputCopyEnd(connection_, nullptr) != 1) throw std::runtime_error(PQerrorMessage(connection_));
    while (PGresult* result = PQgetResult(connection_)) {
      const auto status = PQresultStatus(result);
      PQclear(result);
      if (status != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(connection_));
    }
  }

 private:
  PGconn* connection_;
};

// The text format of COPY.
void append_line(std::string& out, std::string_view record) {
  for (const char c : record) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else
      out += c;
  }
  out += '\n';
}

struct Loaded {
  std::size_t events = 0, bytes = 0;
};

Loaded load(TrailFiles& files, const std::string& url) {
  Connection connection(url);
  Loaded loaded;
  std::string buffer;
  bool more = true;
  while (more) {
    connection.run("COPY line FROM STDIN");
    const auto end = loaded.events + kTransactionEvents;
    while (loaded.events < end) {
      more = files.next([&](std::string_view record) {
        append_line(buffer, record);
        ++loaded.events;
        loaded.bytes += record.size();
        if (buffer.size() >= kBufferBytes) {
          connection.send(buffer);
          buffer.clear();
        }
      });
      if (!more) break;
    }
    connection.send(buffer);
    buffer.clear();
    connection.end_copy();
  }
  return loaded;
}

int run(const std::string& layout, const std::string& url, const std::string& path, unsigned connections) {
  Connection(url).run(layout == "copy" ? kCopyTables : kJsonbTables);
  TrailFiles files(path);
  const auto began = std::chrono::steady_clock::now();
  std::vector<Loaded> parts(connections);
  std::vector<std::thread> threads;
  for (auto& part : parts) threads.emplace_back([&] { part = load(files, url); });
  for (auto& thread : threads) thread.join();
  Loaded all;
  for (const auto& part : parts) {
    all.events += part.events;
    all.bytes += part.bytes;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print(R"({{"events":{},"bytes":{},"seconds":{:.3f}}})"
             "\n",
             all.events, all.bytes, took.count());
  return 0;
}

}  // namespace
}  // namespace backtrail::bench

int main(int argc, char** argv) {
  CLI::App app("loads CloudTrail records as people do without Backtrail");
  std::string layout = "copy", url, path;
  unsigned connections = 2;
  app.add_option("--layout", layout, "copy or jsonb")->check(CLI::IsMember({"copy", "jsonb"}))->capture_default_str();
  app.add_option("--database-url", url, "an empty database")->required();
  app.add_option("--connections", connections, "connections side by side")->capture_default_str();
  app.add_option("PATH", path, "a folder of CloudTrail files")->required();
  CLI11_PARSE(app, argc, argv);
  return backtrail::bench::run(layout, url, path, connections);
}
