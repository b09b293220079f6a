#include "deploy/commands/warehouse_access.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <libpq-fe.h>

#include "schema/pg/migrator.hpp"

namespace backtrail::commands {
using schema::Code;
using schema::fail;
using schema::Result;

namespace {

// A server whose machine vanishes answers nothing, not even with a refusal; the kernel's own patience is two hours for
// a question and a quarter of an hour for what was not acknowledged. A URL that says otherwise comes later and wins.
constexpr const char* kTcpPatience =
    "connect_timeout=10 keepalives_idle=10 keepalives_interval=5 keepalives_count=3 tcp_user_timeout=25000 ";

std::string conninfo_value(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// The URL's server and database for another user.
Result<std::string> with_user(const std::string& url, const std::string& user) {
  char* message = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &message);
  if (options == nullptr) {
    PQfreemem(message);  // it may repeat the password
    return fail(Code::kBadParameter, "--database-url is not a PostgreSQL URL; write postgresql://user@host/database");
  }
  const char* password = std::getenv("BACKTRAIL_ROLE_PASSWORD");
  std::string text = "user=" + conninfo_value(user);
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    const std::string_view keyword = option->keyword;
    if (option->val == nullptr || keyword == "user" || (keyword == "password" && password != nullptr)) continue;
    text += fmt::format(" {}={}", keyword, conninfo_value(option->val));
  }
  PQconninfoFree(options);
  if (password != nullptr) text += " password=" + conninfo_value(password);
  return text;
}

}  // namespace

void add_warehouse_options(CLI::App& command, WarehouseOptions& options) {
  command
      .add_option("--database-url", options.database_url,
                  "a PostgreSQL 15 or later that you run; without it Backtrail runs its own")
      ->envname("BACKTRAIL_DATABASE_URL");
  command.add_option("--data-dir", options.data_dir, "where Backtrail's own PostgreSQL and tokens are")
      ->envname("BACKTRAIL_DATA")
      ->capture_default_str();
}

std::string WarehouseAccess::connection_string(const std::string& user) const {
  if (!options_.database_url.empty()) return *with_user(options_.database_url, user);
  if (cluster_ != nullptr) return cluster_->connection_string(user);
  const auto running = schema::running_private_cluster(options_.data_dir / "postgresql", user);
  return running ? *running : std::string{};
}

Result<void> WarehouseAccess::connect() {
  std::string admin = options_.database_url;
  if (!admin.empty()) {
    if (const auto checked = with_user(admin, "backtrail_api"); !checked) return checked.error();
  } else {
    const auto cluster_dir = options_.data_dir / "postgresql";
    const auto running = schema::running_private_cluster(cluster_dir, schema::kPrivateAdmin);
    if (running) {
      admin = *running;
    } else {
      schema::PrivateClusterOptions cluster;
      cluster.data_dir = cluster_dir;
      auto started = schema::PrivateCluster::start(cluster);
      if (!started) return started.error();
      cluster_ = std::move(*started);
      admin = cluster_->admin_connection_string();
    }
  }
  const auto report = schema::migrate(admin);
  if (!report) return report.error();
  migrated_ = report->applied;
  return {};
}

Result<std::unique_ptr<WarehouseAccess>> WarehouseAccess::open(const WarehouseOptions& options) {
  std::unique_ptr<WarehouseAccess> access(new WarehouseAccess(options));
  if (const auto connected = access->connect(); !connected) return connected.error();
  return access;
}

schema::DatabaseOptions WarehouseAccess::role(const std::string& role_name, std::size_t connections) const {
  schema::DatabaseOptions options;
  options.connection_string =
      kTcpPatience + connection_string("backtrail_" + role_name) + " application_name=backtrail_" + role_name;
  options.max_connections = connections;
  return options;
}

}  // namespace backtrail::commands
