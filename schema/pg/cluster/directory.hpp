// The directory of a private PostgreSQL: who holds it, where its parts are, who may enter.
//
//   lock          flock'ed by the program that runs the cluster; its process id and the socket's directory
//   backtrail.conf  written at every start;  local.conf  the operator's own settings, read after it
//   data/         PostgreSQL's data directory (data.new while it is being made)
//   log/          PostgreSQL's log, the newest files only
//   socket/       the Unix socket, unless the path is too long for one
//
// data, log and socket belong to the server's user with mode 0700; the rest to whoever starts the program. ClusterLock
// is released with the object or with the process, however that ends. One thread at a time.
#pragma once
#include <filesystem>
#include <string>

#include "schema/core/error.hpp"
#include "schema/pg/cluster/child_process.hpp"

namespace backtrail::schema {

// The longest directory for a socket: sun_path holds 107 bytes, of which "/.s.PGSQL.5432" takes 14.
constexpr std::size_t kSocketDirectoryBytesMax = 93;

struct ClusterPaths {
  explicit ClusterPaths(const std::filesystem::path& directory);
  std::filesystem::path root, lock, settings, local_settings, data, data_new, log, socket;
};

class ClusterLock {
 public:
  // kIo when another program holds the directory (the detail names its process id) or the file cannot be made.
  static Result<ClusterLock> take(const ClusterPaths& paths);
  ClusterLock(ClusterLock&& other) noexcept;
  ClusterLock& operator=(ClusterLock&&) = delete;
  ~ClusterLock();

  // The socket directory that the last holder wrote, "" if none.
  const std::string& previous_socket() const { return previous_socket_; }
  // Tells other programs where the socket is.
  void publish(const std::filesystem::path& socket_directory);

 private:
  explicit ClusterLock(int fd) : fd_(fd) {}
  int fd_;
  std::string previous_socket_;
};

// Where the socket of the running cluster in this directory is; kDatabaseDown when nobody runs it.
Result<std::string> published_socket(const ClusterPaths& paths);

// The user that the server should run as: the owner of an existing data directory; else us, or, when we are root,
// `wanted`, postgres or nobody, the first that exists.
Result<UserIdentity> server_user(const ClusterPaths& paths, const std::string& wanted);

// Makes paths.root with the parents that are missing. What is made for another user lets that user pass (0711),
// whatever our umask says.
Result<void> make_root_directory(const ClusterPaths& paths, const UserIdentity& user);

// Makes the directories, owned by `user`; kIo says which parent directory `user` cannot enter.
Result<void> prepare_directories(const ClusterPaths& paths, const UserIdentity& user);

// A directory for the socket: paths.socket, or a new one under /run or /tmp when that path does not do.
Result<std::filesystem::path> make_socket_directory(const ClusterPaths& paths, const UserIdentity& user);
// Removes the socket and, if it is one of those under /run or /tmp, its directory.
void remove_socket(const ClusterPaths& paths, const std::filesystem::path& directory);

// Makes one directory with mode 0700 for `user`.
Result<void> make_private_directory(const std::filesystem::path& path, const UserIdentity& user);

}  // namespace backtrail::schema
