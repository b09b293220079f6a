#include "schema/pg/cluster/setup.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <libpq-fe.h>
#include <memory>
#include <signal.h>
#include <spdlog/spdlog.h>

#include "schema/pg/cluster/log.hpp"
#include "schema/pg/cluster/processes.hpp"
#include "schema/pg/cluster/server_settings.hpp"

namespace backtrail::schema {

namespace fs = std::filesystem;
using std::chrono::seconds;

std::optional<int> data_version(const fs::path& data) {
  std::ifstream file(data / "PG_VERSION");
  int major = 0;
  if (!(file >> major)) return {};
  return major;
}

Result<void> write_settings(const ClusterPaths& paths, const PrivateClusterOptions& options) {
  ServerSettings settings = server_settings(this_machine(paths.root.string()), options.fsync);
  for (const auto& setting : options.settings) {
    if (!is_setting_name(setting.first))
      return fail(Code::kBadParameter, fmt::format("'{}' is no PostgreSQL setting", setting.first));
    settings.push_back(setting);
  }
  const fs::path fresh = paths.settings.string() + ".new";
  {
    std::ofstream file(fresh, std::ios::trunc);
    file << "# Written at every start; put your own settings into local.conf, which is read after this.\n"
         << settings_file(settings) << "include_if_exists '" << paths.local_settings.filename().string() << "'\n";
    if (!file.flush()) return fail(Code::kIo, fmt::format("cannot write {}: {}", fresh.string(), std::strerror(errno)));
  }
  std::error_code error;
  fs::permissions(
      fresh, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read | fs::perms::others_read, error);
  fs::rename(fresh, paths.settings, error);
  if (error) return fail(Code::kIo, fmt::format("cannot write {}: {}", paths.settings.string(), error.message()));
  return {};
}

// Into data.new first, so that an interrupted initdb never looks like a cluster.
Result<void> make_cluster(const ClusterPaths& paths, const PostgresBinaries& binaries, const UserIdentity& user,
                          bool sync) {
  spdlog::info("making a private PostgreSQL {} in {} (first start)", binaries.major, paths.root.string());
  if (const auto ended = end_leftovers(paths.data_new, seconds(5)); !ended) return ended.error();
  std::error_code error;
  fs::remove_all(paths.data_new, error);
  if (const auto made = make_private_directory(paths.data_new, user); !made) return made.error();
  const fs::path output = startup_log(paths.log);
  fs::remove(output, error);
  ChildProcessOptions initdb{
      .arguments = {binaries.initdb().string(), "--pgdata=" + paths.data_new.string(),
                    std::string("--username=") + kPrivateAdmin, "--encoding=UTF8", "--locale=C", "--lc-ctype=C.UTF-8",
                    "--auth=trust", "--data-checksums", "--no-instructions"},
      .user = user,
      .directory = paths.data_new,
      .output = output,
      .signal_on_parent_death = SIGTERM};
  if (!sync) initdb.arguments.emplace_back("--no-sync");
  const auto status = run_child(initdb);
  if (!status) return status.error();
  if (*status != 0)
    return fail(Code::kIo, fmt::format("initdb failed (status {}): {}", *status, last_words(paths.log)));
  fs::rename(paths.data_new, paths.data, error);
  if (error) return fail(Code::kIo, fmt::format("cannot rename {}: {}", paths.data_new.string(), error.message()));
  return {};
}

Result<void> make_database(const std::string& connection_string) {
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(connection_string.c_str()), PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK)
    return fail(Code::kDatabaseDown, fmt::format("cannot connect: {}", PQerrorMessage(connection.get())));
  const auto run = [&](const std::string& sql) {
    return std::unique_ptr<PGresult, void (*)(PGresult*)>(PQexec(connection.get(), sql.c_str()), PQclear);
  };
  const auto found = run(fmt::format("SELECT FROM pg_database WHERE datname = '{}'", kPrivateDatabase));
  if (PQresultStatus(found.get()) == PGRES_TUPLES_OK && PQntuples(found.get()) == 1) return {};
  const auto made = run(fmt::format("CREATE DATABASE {}", kPrivateDatabase));
  if (PQresultStatus(made.get()) != PGRES_COMMAND_OK)
    return fail(Code::kDatabase, fmt::format("cannot create the database: {}", PQerrorMessage(connection.get())));
  return {};
}

}  // namespace backtrail::schema
