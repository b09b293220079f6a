#include "schema/pg/cluster/child_process.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace backtrail::schema {
namespace {

// Between fork and exec only async-signal-safe calls are allowed, and libc's setuid family is not among them in a
// program with threads (it signals all threads): hence the raw system calls.
enum class Step : int { kGroup, kOutput, kSupplementaryGroups, kGroupId, kUserId, kDeathSignal, kDirectory, kExec };

const char* describe(Step step) {
  switch (step) {
    case Step::kGroup:
      return "making a process group";
    case Step::kOutput:
      return "redirecting its output";
    case Step::kSupplementaryGroups:
      return "giving up root's groups (does this container forbid it?)";
    case Step::kGroupId:
      return "changing the group";
    case Step::kUserId:
      return "changing the user";
    case Step::kDeathSignal:
      return "asking for a signal at our end";
    case Step::kDirectory:
      return "entering its working directory";
    case Step::kExec:
      return "starting the program";
  }
  return "?";
}

struct Failure {
  Step step;
  int error;
};

struct Prepared {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  const char* directory;
  int output;
  int report;
  bool change_user;
  uid_t uid;
  gid_t gid;
  int death_signal;
  pid_t parent;
};

[[noreturn]] void report_and_exit(const Prepared& p, Step step) {
  const Failure failure{step, errno};
  [[maybe_unused]] const ssize_t ignored = write(p.report, &failure, sizeof failure);
  _exit(127);
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become_program(const Prepared& p) {
  reset_signals();
  if (setpgid(0, 0) != 0) report_and_exit(p, Step::kGroup);
  if (dup2(p.output, STDOUT_FILENO) < 0 || dup2(p.output, STDERR_FILENO) < 0) report_and_exit(p, Step::kOutput);
  const int input = open("/dev/null", O_RDONLY);
  if (input < 0 || dup2(input, STDIN_FILENO) < 0) report_and_exit(p, Step::kOutput);
  if (p.change_user) {
    if (syscall(SYS_setgroups, 0, nullptr) != 0) report_and_exit(p, Step::kSupplementaryGroups);
    if (syscall(SYS_setresgid, p.gid, p.gid, p.gid) != 0) report_and_exit(p, Step::kGroupId);
    if (syscall(SYS_setresuid, p.uid, p.uid, p.uid) != 0) report_and_exit(p, Step::kUserId);
  }
  // After the change of user, which clears it.
  if (p.death_signal != 0 && prctl(PR_SET_PDEATHSIG, p.death_signal) != 0) report_and_exit(p, Step::kDeathSignal);
  if (p.death_signal != 0 && getppid() != p.parent) _exit(127);  // we died before the request
  if (chdir(p.directory) != 0) report_and_exit(p, Step::kDirectory);
  umask(0077);
  execve(p.arguments[0], p.arguments.data(), p.environment.data());
  report_and_exit(p, Step::kExec);
}

// Descriptors of ours that someone opened without O_CLOEXEC must not stay open in a long-lived child.
void close_on_exec_from(int first) {
#ifdef SYS_close_range
  constexpr unsigned kCloseOnExec = 4;  // CLOSE_RANGE_CLOEXEC
  if (syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, kCloseOnExec) == 0) return;
#endif
  for (int fd = first; fd < 1024; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::string system_error(const std::string& what, int error) {
  return fmt::format("{}: {}", what, std::strerror(error));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

int open_output(const std::filesystem::path& path) {
  if (path.empty()) return open("/dev/null", O_WRONLY | O_CLOEXEC);
  return open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

}  // namespace

Result<UserIdentity> find_user(const std::string& name) {
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return fail(Code::kNotFound, fmt::format("there is no user '{}' on this machine", name));
  return UserIdentity{entry.pw_uid, entry.pw_gid, name};
}

UserIdentity user_of(uid_t uid, gid_t gid) {
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return {uid, found != nullptr ? entry.pw_gid : gid, found != nullptr ? entry.pw_name : std::to_string(uid)};
}

UserIdentity current_user() {
  return user_of(geteuid(), getegid());
}

Result<pid_t> start_child(const ChildProcessOptions& options) {
  std::array<int, 2> report{};
  if (pipe2(report.data(), O_CLOEXEC) != 0) return fail(Code::kIo, system_error("pipe", errno));
  Descriptor report_read(report[0]);
  Descriptor report_write(report[1]);
  Descriptor output(open_output(options.output));
  if (output.get() < 0) return fail(Code::kIo, system_error(options.output.string(), errno));

  std::vector<std::string> arguments = options.arguments;
  std::vector<std::string> environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"};
  const Prepared prepared{pointers(arguments),
                          pointers(environment),
                          options.directory.c_str(),
                          output.get(),
                          report_write.get(),
                          options.user.uid != geteuid(),
                          options.user.uid,
                          options.user.gid,
                          options.signal_on_parent_death,
                          getpid()};
  const pid_t child = fork();
  if (child < 0) return fail(Code::kIo, system_error("fork", errno));
  if (child == 0) {
    close_on_exec_from(3);
    become_program(prepared);
  }
  report_write.reset();
  Failure failure{};
  ssize_t got;
  do got = read(report_read.get(), &failure, sizeof failure);
  while (got < 0 && errno == EINTR);
  if (got == 0) return child;  // closed by exec: it runs
  wait_for_child(child);
  return fail(Code::kIo, fmt::format("cannot run {} as user {}: {}: {}", options.arguments[0], options.user.name,
                                     describe(failure.step), std::strerror(failure.error)));
}

int wait_for_child(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 127;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result<int> run_child(const ChildProcessOptions& options) {
  const auto child = start_child(options);
  if (!child) return child.error();
  return wait_for_child(*child);
}

}  // namespace backtrail::schema
