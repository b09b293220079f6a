#include "schema/pg/private_cluster.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <mutex>
#include <optional>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <thread>

#include "schema/pg/cluster/child_process.hpp"
#include "schema/pg/cluster/directory.hpp"
#include "schema/pg/cluster/log.hpp"
#include "schema/pg/cluster/postgres_binaries.hpp"
#include "schema/pg/cluster/processes.hpp"
#include "schema/pg/cluster/setup.hpp"

namespace backtrail::schema {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kFirstAnswerMax{60};    // until the server listens at all
constexpr seconds kRecoveryMax{1800};     // until it has replayed its log after a crash
constexpr seconds kFastShutdownMax{120};  // the final checkpoint
constexpr seconds kImmediateShutdownMax{15};
constexpr seconds kLeftoverPatience{60};
constexpr seconds kRestartDelayMax{30};
constexpr seconds kStableAfter{60};     // a server that ran this long is restarted without delay
constexpr milliseconds kBusyPoll{10};   // while starting and stopping
constexpr milliseconds kIdlePoll{250};  // how soon a dead postmaster is noticed

std::string libpq_quoted(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// unix_socket_directories and log_directory are lists or texts on a command line that no shell sees.
std::string list_quoted(const std::string& path) {
  std::string out = "\"";
  for (const char c : path) {
    if (c == '"') out += c;
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string socket_connection_string(const std::string& socket_directory, std::string_view user,
                                     std::string_view database) {
  return fmt::format("host={} port=5432 user={} dbname={}", libpq_quoted(socket_directory), libpq_quoted(user),
                     libpq_quoted(database));
}

// The running server. One thread of it starts the postmaster, waits for it and starts it again; the others talk to it
// through mutex_. It is one thread because PR_SET_PDEATHSIG follows the thread that forked.
class PrivateCluster::Server {
 public:
  Server(ClusterPaths paths, ClusterLock lock, PostgresBinaries binaries, UserIdentity user, fs::path socket)
      : paths_(std::move(paths)),
        lock_(std::move(lock)),
        binaries_(std::move(binaries)),
        user_(std::move(user)),
        socket_(std::move(socket)) {}
  ~Server() { stop(); }

  Result<void> start();
  void stop();

  bool running() const {
    const std::lock_guard guard(mutex_);
    return postmaster_ != 0;
  }
  pid_t postmaster() const {
    const std::lock_guard guard(mutex_);
    return postmaster_;
  }
  const UserIdentity& user() const { return user_; }
  const fs::path& socket() const { return socket_; }
  std::string connection(std::string_view user, std::string_view database) const {
    return socket_connection_string(socket_.string(), user, database);
  }

 private:
  void watch();
  Result<pid_t> start_postmaster();
  int wait_for_postmaster(pid_t pid);
  Result<void> wait_until_ready();
  bool wait_until_stopped(seconds patience);

  const ClusterPaths paths_;
  std::optional<ClusterLock> lock_;
  const PostgresBinaries binaries_;
  const UserIdentity user_;
  const fs::path socket_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  pid_t postmaster_ = 0;
  bool was_ready_ = false;  // only a server that once answered is started again
  bool stopping_ = false;
  bool ended_ = false;  // the thread is done
  std::optional<Error> start_error_;
  std::mutex stop_mutex_;
  std::thread watcher_;
};

Result<pid_t> PrivateCluster::Server::start_postmaster() {
  if (const auto ended = end_leftovers(paths_.data, kLeftoverPatience); !ended) return ended.error();
  std::error_code ignored;
  fs::remove(socket_ / ".s.PGSQL.5432", ignored);
  fs::remove(socket_ / ".s.PGSQL.5432.lock", ignored);
  fs::remove(startup_log(paths_.log), ignored);
  prune_logs(paths_.log);
  // On the command line because nothing in a file may open the server to the network.
  ChildProcessOptions postgres{
      .arguments = {binaries_.postgres().string(), "-D", paths_.data.string(), "-c",
                    "config_file=" + paths_.settings.string(), "-c", "listen_addresses=", "-c", "port=5432", "-c",
                    "unix_socket_directories=" + list_quoted(socket_.string()), "-c", "unix_socket_permissions=0700",
                    "-c", "log_directory=" + paths_.log.string()},
      .user = user_,
      .directory = paths_.data,
      .output = startup_log(paths_.log),
      .signal_on_parent_death = SIGINT};
  return start_child(postgres);
}

int PrivateCluster::Server::wait_for_postmaster(pid_t pid) {
  std::unique_lock guard(mutex_);
  for (auto next_prune = Clock::now();;) {
    int status = 0;
    const pid_t got = waitpid(pid, &status, WNOHANG);
    if (got == pid) return status;
    if (got < 0 && errno != EINTR) return 0;  // someone else waited for our child
    if (Clock::now() >= next_prune) {
      prune_logs(paths_.log);
      next_prune = Clock::now() + seconds(60);
    }
    changed_.wait_for(guard, was_ready_ && !stopping_ ? kIdlePoll : kBusyPoll);
  }
}

void PrivateCluster::Server::watch() {
  seconds delay{1};
  std::unique_lock guard(mutex_);
  while (!stopping_) {
    guard.unlock();
    const auto started = Clock::now();
    const auto child = start_postmaster();
    guard.lock();
    if (child) {
      postmaster_ = *child;
      if (stopping_) kill(*child, SIGINT);  // stop() came while it was being started
      changed_.notify_all();
      guard.unlock();
      const int status = wait_for_postmaster(*child);
      guard.lock();
      postmaster_ = 0;
      if (!stopping_ && was_ready_)
        spdlog::error("the private PostgreSQL ended unexpectedly ({}); starting it again",
                      WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                          : fmt::format("status {}", WEXITSTATUS(status)));
    } else {
      start_error_ = child.error();
      if (was_ready_) spdlog::error("cannot start the private PostgreSQL again: {}", child.error().detail);
    }
    changed_.notify_all();
    if (!was_ready_) break;
    delay = Clock::now() - started > kStableAfter ? seconds(1) : std::min(delay * 2, kRestartDelayMax);
    changed_.wait_for(guard, delay, [&] { return stopping_; });
  }
  ended_ = true;
  changed_.notify_all();
}

Result<void> PrivateCluster::Server::wait_until_ready() {
  const std::string probe = connection(kPrivateAdmin, "postgres");
  const auto begun = Clock::now();
  auto next_note = begun + seconds(5);
  for (;;) {
    {
      std::unique_lock guard(mutex_);
      changed_.wait_for(guard, kBusyPoll);
      if (start_error_) return *start_error_;
      if (ended_) return fail(Code::kIo, fmt::format("PostgreSQL did not start: {}", last_words(paths_.log)));
    }
    const PGPing answer = PQping(probe.c_str());
    if (answer == PQPING_OK) return {};
    const auto waited = Clock::now() - begun;
    if (waited > (answer == PQPING_REJECT ? kRecoveryMax : kFirstAnswerMax))
      return fail(Code::kIo, fmt::format("PostgreSQL does not answer after {} s: {}",
                                         std::chrono::duration_cast<seconds>(waited).count(), last_words(paths_.log)));
    if (Clock::now() >= next_note) {
      spdlog::info("waiting for the private PostgreSQL ({})",
                   answer == PQPING_REJECT ? "recovering after a crash" : "not listening yet");
      next_note += seconds(10);
    }
  }
}

Result<void> PrivateCluster::Server::start() {
  watcher_ = std::thread([this] { watch(); });
  if (auto ready = wait_until_ready(); !ready) return ready.error();
  if (auto made = make_database(connection(kPrivateAdmin, "postgres")); !made) return made.error();
  {
    const std::lock_guard guard(mutex_);
    was_ready_ = true;
  }
  lock_->publish(socket_);
  return {};
}

bool PrivateCluster::Server::wait_until_stopped(seconds patience) {
  std::unique_lock guard(mutex_);
  return changed_.wait_for(guard, patience, [&] { return ended_; });
}

void PrivateCluster::Server::stop() {
  const std::lock_guard once(stop_mutex_);
  if (!watcher_.joinable()) return;
  const auto send = [this](int signal_number) {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
    if (postmaster_ != 0) kill(postmaster_, signal_number);
    changed_.notify_all();
  };
  send(SIGINT);
  bool stopped = wait_until_stopped(kFastShutdownMax);
  if (!stopped) {
    spdlog::warn("the private PostgreSQL is slow to stop; ending it at once (it will recover at the next start)");
    send(SIGQUIT);
    stopped = wait_until_stopped(kImmediateShutdownMax);
  }
  if (!stopped) send(SIGKILL);
  watcher_.join();
  if (!stopped) static_cast<void>(end_leftovers(paths_.data, seconds(1)));
  remove_socket(paths_, socket_);
  lock_.reset();
}

PrivateCluster::PrivateCluster(std::unique_ptr<Server> server) : server_(std::move(server)) {}
PrivateCluster::~PrivateCluster() = default;

Result<std::unique_ptr<PrivateCluster>> PrivateCluster::start(const PrivateClusterOptions& options) {
  const ClusterPaths paths(options.data_dir);
  auto user = server_user(paths, options.run_as);
  if (!user) return user.error();
  if (const auto made = make_root_directory(paths, *user); !made) return made.error();
  auto lock = ClusterLock::take(paths);
  if (!lock) return lock.error();
  if (const auto prepared = prepare_directories(paths, *user); !prepared) return prepared.error();

  const auto version = data_version(paths.data);
  auto binaries = find_postgres_binaries(version);
  if (!binaries) return binaries.error();
  if (!version) {
    if (const auto made = make_cluster(paths, *binaries, *user, options.fsync); !made) return made.error();
  }
  if (const auto written = write_settings(paths, options); !written) return written.error();
  if (!lock->previous_socket().empty()) remove_socket(paths, lock->previous_socket());
  auto socket = make_socket_directory(paths, *user);
  if (!socket) return socket.error();

  auto server = std::make_unique<Server>(paths, std::move(*lock), *binaries, *user, *socket);
  if (const auto started = server->start(); !started) return started.error();
  return std::unique_ptr<PrivateCluster>(new PrivateCluster(std::move(server)));
}

std::string PrivateCluster::connection_string(std::string_view user, std::string_view database) const {
  return server_->connection(user, database);
}
void PrivateCluster::stop() {
  server_->stop();
}
bool PrivateCluster::running() const {
  return server_->running();
}
pid_t PrivateCluster::postmaster_pid() const {
  return server_->postmaster();
}
const std::string& PrivateCluster::server_user_name() const {
  return server_->user().name;
}
const fs::path& PrivateCluster::socket_directory() const {
  return server_->socket();
}

Result<std::string> running_private_cluster(const fs::path& data_dir, std::string_view user,
                                            std::string_view database) {
  const auto socket = published_socket(ClusterPaths(data_dir));
  if (!socket) return socket.error();
  return socket_connection_string(*socket, user, database);
}

}  // namespace backtrail::schema
