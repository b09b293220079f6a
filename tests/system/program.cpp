#include "tests/system/program.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>

#include "tests/support/golden.hpp"

namespace backtrail::testing {
namespace {

constexpr std::chrono::milliseconds kLookAgain{20};
constexpr int kSignalled = 128;

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& string : strings) out.push_back(string.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments) {
  std::string name = (std::filesystem::temp_directory_path() / "backtrail-run-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  directory_ = name;
  std::vector<std::string> command{BACKTRAIL_PROGRAM};
  command.insert(command.end(), arguments.begin(), arguments.end());
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, (name + "/out").c_str(), O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, (name + "/err").c_str(), O_WRONLY | O_CREAT, 0600);
  const int failed = posix_spawn(&process_, BACKTRAIL_PROGRAM, &files, nullptr, pointers(command).data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) throw std::runtime_error("cannot start " BACKTRAIL_PROGRAM);
}

Program::~Program() {
  if (process_ > 0 && !ended()) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

bool Program::ended() {
  if (process_ < 0) return true;
  int status = 0;
  if (waitpid(process_, &status, WNOHANG) == 0) return false;
  status_ = WIFSIGNALED(status) ? kSignalled + WTERMSIG(status) : WEXITSTATUS(status);
  process_ = -1;
  return true;
}

std::string Program::out() const {
  return read_whole_file(directory_ + "/out");
}

bool Program::says(const std::string& text) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < until) {
    const bool gone = ended();
    if (out().find(text) != std::string::npos) return true;
    if (gone) return false;
    std::this_thread::sleep_for(kLookAgain);
  }
  return false;
}

void Program::signal(int number) const {
  if (process_ > 0) kill(process_, number);
}

Finished Program::finish() {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!ended()) {
    if (std::chrono::steady_clock::now() > until) signal(SIGKILL);
    std::this_thread::sleep_for(kLookAgain);
  }
  return {status_, out(), read_whole_file(directory_ + "/err")};
}

Finished run_backtrail(const std::vector<std::string>& arguments) {
  return Program(arguments).finish();
}

}  // namespace backtrail::testing
