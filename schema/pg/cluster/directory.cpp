#include "schema/pg/cluster/directory.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace backtrail::schema {
namespace {

namespace fs = std::filesystem;

Error io_error(const fs::path& path, const char* what) {
  return fail(Code::kIo, fmt::format("{}: {}: {}", path.string(), what, std::strerror(errno)));
}

std::string content(int fd) {
  std::array<char, 8192> buffer{};
  const ssize_t got = pread(fd, buffer.data(), buffer.size(), 0);
  return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
}

struct Holder {
  std::string pid;
  std::string socket;
};

Holder parse_holder(const std::string& text) {
  std::istringstream in(text);
  Holder holder;
  std::getline(in, holder.pid);
  std::getline(in, holder.socket);
  return holder;
}

void write_holder(int fd, const std::string& socket) {
  const std::string text = fmt::format("{}\n{}\n", getpid(), socket);
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    spdlog::warn("cannot write the lock file: {}", std::strerror(errno));
}

// A program that was just killed needs a moment to let go.
bool lock_patiently(int fd) {
  for (int tries = 0; tries < 20; ++tries) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

bool may_enter(const struct stat& directory, const UserIdentity& user) {
  if (directory.st_uid == user.uid) return (directory.st_mode & S_IXUSR) != 0;
  if (directory.st_gid == user.gid) return (directory.st_mode & S_IXGRP) != 0;
  return (directory.st_mode & S_IXOTH) != 0;
}

// The first directory on the way to `path` that `user` cannot pass through; empty when all is open.
fs::path closed_parent(const fs::path& path, const UserIdentity& user) {
  fs::path at;
  for (const auto& part : path) {
    at /= part;
    struct stat found {};
    if (stat(at.c_str(), &found) == 0 && !may_enter(found, user)) return at;
  }
  return {};
}

bool is_fallback_socket(const fs::path& directory) {
  return (directory.parent_path() == "/run" || directory.parent_path() == "/tmp") &&
         directory.filename().string().starts_with("backtrail-");
}

}  // namespace

ClusterPaths::ClusterPaths(const fs::path& directory)
    : root(fs::weakly_canonical(fs::absolute(directory))),
      lock(root / "lock"),
      settings(root / "backtrail.conf"),
      local_settings(root / "local.conf"),
      data(root / "data"),
      data_new(root / "data.new"),
      log(root / "log"),
      socket(root / "socket") {}

ClusterLock::ClusterLock(ClusterLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), previous_socket_(std::move(other.previous_socket_)) {}

ClusterLock::~ClusterLock() {
  if (fd_ >= 0) close(fd_);
}

Result<ClusterLock> ClusterLock::take(const ClusterPaths& paths) {
  const int fd = open(paths.lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return fail(Code::kIo, fmt::format("{}: {}. If another user (root?) made this data directory, start as that user, "
                                       "or choose another with --data-dir",
                                       paths.lock.string(), std::strerror(errno)));
  ClusterLock lock(fd);
  if (!lock_patiently(fd)) {
    if (errno != EWOULDBLOCK) return io_error(paths.lock, "cannot lock");
    return fail(Code::kIo, fmt::format("the data directory {} is in use by process {}: stop that one first, or choose "
                                       "another with --data-dir",
                                       paths.root.string(), parse_holder(content(fd)).pid));
  }
  lock.previous_socket_ = parse_holder(content(fd)).socket;
  write_holder(fd, "");
  return lock;
}

void ClusterLock::publish(const fs::path& socket_directory) {
  write_holder(fd_, socket_directory.string());
}

Result<std::string> published_socket(const ClusterPaths& paths) {
  const int fd = open(paths.lock.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == EACCES)
    return fail(Code::kForbidden, fmt::format("{} belongs to another user: run this command as the user (root?) that "
                                              "started the server",
                                              paths.root.string()));
  const bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;
  const Holder holder = fd >= 0 ? parse_holder(content(fd)) : Holder{};
  if (fd >= 0) close(fd);
  if (!held)
    return fail(Code::kDatabaseDown,
                fmt::format("no server is running on {}: start it with `backtrail up`", paths.root.string()));
  if (holder.socket.empty())
    return fail(Code::kDatabaseDown, fmt::format("the server on {} (process {}) is still starting: try again",
                                                 paths.root.string(), holder.pid));
  return holder.socket;
}

Result<UserIdentity> server_user(const ClusterPaths& paths, const std::string& wanted) {
  const UserIdentity us = current_user();
  if (us.uid != 0) {
    if (wanted.empty() || wanted == us.name) return us;
    return fail(Code::kBadParameter, fmt::format("only root can run the database as user '{}'", wanted));
  }
  struct stat data {};
  const bool exists = stat(paths.data.c_str(), &data) == 0 && data.st_uid != 0;
  if (wanted.empty() && exists) return user_of(data.st_uid, data.st_gid);
  if (!wanted.empty()) {
    auto user = find_user(wanted);
    if (!user) return user.error();
    if (user->uid == 0) return fail(Code::kBadParameter, "PostgreSQL refuses to run as root: name another user");
    if (exists && user->uid != data.st_uid)
      return fail(Code::kBadParameter, fmt::format("{} belongs to user {}, not to '{}'", paths.data.string(),
                                                   user_of(data.st_uid, data.st_gid).name, wanted));
    return user;
  }
  if (auto user = find_user("postgres")) return user;
  return find_user("nobody");
}

Result<void> make_private_directory(const fs::path& path, const UserIdentity& user) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return io_error(path, "cannot make the directory");
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return io_error(path, "cannot look at it");
  if (!S_ISDIR(found.st_mode)) return fail(Code::kIo, fmt::format("{} is not a directory", path.string()));
  if (found.st_uid != user.uid && lchown(path.c_str(), user.uid, user.gid) != 0)
    return fail(Code::kIo, fmt::format("{} belongs to user {}: start as that user, or choose another data directory",
                                       path.string(), user_of(found.st_uid, found.st_gid).name));
  if ((found.st_mode & 07777) != 0700 && chmod(path.c_str(), 0700) != 0)
    return io_error(path, "cannot change its mode");
  return {};
}

Result<void> make_root_directory(const ClusterPaths& paths, const UserIdentity& user) {
  const bool shared = user.uid != geteuid();
  fs::path at;
  for (const auto& part : paths.root) {
    at /= part;
    const bool made = mkdir(at.c_str(), shared ? 0711 : 0755) == 0;
    if (!made && errno != EEXIST) return io_error(at, "cannot make the directory");
    if (shared && (made || at == paths.root) && chmod(at.c_str(), 0711) != 0)
      return io_error(at, "cannot change its mode");
  }
  return {};
}

Result<void> prepare_directories(const ClusterPaths& paths, const UserIdentity& user) {
  if (const fs::path closed = closed_parent(paths.root, user); !closed.empty())
    return fail(Code::kIo, fmt::format("the database runs as user {0}, who cannot enter {1}: choose a data directory "
                                       "elsewhere (--data-dir /var/lib/backtrail), or chmod o+x {1}",
                                       user.name, closed.string()));
  for (const auto& path : {paths.log, paths.socket}) {
    if (const auto made = make_private_directory(path, user); !made) return made.error();
  }
  return {};
}

Result<fs::path> make_socket_directory(const ClusterPaths& paths, const UserIdentity& user) {
  const std::string usual = paths.socket.string();
  const bool fits = usual.size() <= kSocketDirectoryBytesMax;
  // libpq takes a comma for the end of one host's name.
  if (fits && usual.find(',') == std::string::npos) return paths.socket;
  std::string name = geteuid() == 0 && access("/run", W_OK) == 0 ? "/run/backtrail-XXXXXX" : "/tmp/backtrail-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) return io_error(name, "cannot make a directory for the socket");
  if (const auto made = make_private_directory(name, user); !made) return made.error();
  spdlog::info("the database's socket is in {}: {} {}", name, usual,
               fits ? "has a comma, which clients cannot take"
                    : fmt::format("is longer than the {} bytes that a Unix socket allows", kSocketDirectoryBytesMax));
  return fs::path(name);
}

void remove_socket(const ClusterPaths& paths, const fs::path& directory) {
  if (directory != paths.socket && !is_fallback_socket(directory)) return;
  std::error_code ignored;
  fs::remove(directory / ".s.PGSQL.5432", ignored);
  fs::remove(directory / ".s.PGSQL.5432.lock", ignored);
  if (directory != paths.socket) fs::remove(directory, ignored);
}

}  // namespace backtrail::schema
