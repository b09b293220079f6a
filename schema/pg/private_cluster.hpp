// A PostgreSQL of the program's own: made on first start, started and stopped with the program, reachable only through
// a Unix socket that the server's user and root can open.
//
// For one machine without a database administrator. The postmaster is our child and is watched: when it dies it is
// started again, when we die (even by kill -9) it shuts down, and the next start ends whatever was left behind. It
// never runs as root: started by root it becomes `postgres` or `nobody`. Only one program can hold a directory.
//
// start() blocks until the server answers; recovery after a crash may take a while and is logged. PrivateCluster is
// thread-safe after start(). Errors are kIo, kNotFound or kBadParameter and say what to do next.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/core/error.hpp"

namespace backtrail::schema {

// Made on first start.
inline constexpr const char* kPrivateDatabase = "backtrail";
// The superuser of a private cluster; for migrations.
inline constexpr const char* kPrivateAdmin = "postgres";

struct PrivateClusterOptions {
  std::filesystem::path data_dir;                             // of the cluster alone; made when missing
  bool fsync = true;                                          // false only in tests: a power cut then loses everything
  std::string run_as;                                         // "" = automatic; another user only when started by root
  std::vector<std::pair<std::string, std::string>> settings;  // beside our own; the operator's local.conf still wins
};

// libpq's form for a server behind a Unix socket in this directory. The parts are quoted.
std::string socket_connection_string(const std::string& socket_directory, std::string_view user,
                                     std::string_view database);

class PrivateCluster {
 public:
  static Result<std::unique_ptr<PrivateCluster>> start(const PrivateClusterOptions& options);
  ~PrivateCluster();  // stop()
  PrivateCluster(const PrivateCluster&) = delete;
  PrivateCluster& operator=(const PrivateCluster&) = delete;

  std::string connection_string(std::string_view user, std::string_view database = kPrivateDatabase) const;
  std::string admin_connection_string() const { return connection_string(kPrivateAdmin); }

  // Fast shutdown: open transactions are rolled back, everything committed is on disk. Blocks until the server ended;
  // by force if it takes longer than two minutes. A second call does nothing.
  void stop();

  bool running() const;
  pid_t postmaster_pid() const;  // 0 while it is being started again
  const std::string& server_user_name() const;
  const std::filesystem::path& socket_directory() const;

 private:
  class Server;
  explicit PrivateCluster(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

// The connection string to the cluster that another program of ours runs in `data_dir` right now; kDatabaseDown when
// none does. For commands such as `backtrail key` beside `backtrail up`.
Result<std::string> running_private_cluster(const std::filesystem::path& data_dir, std::string_view user,
                                            std::string_view database = kPrivateDatabase);

}  // namespace backtrail::schema
